"""Plain text in the encodings that were in use before UTF-8."""

from __future__ import annotations

from evals.benchmarks.documents.built import Input

# A sentence, and the encodings in which its language was written.
_SENTENCES = {
    "German": ("Die Schleuse öffnet täglich um acht; größere Schiffe müssen später fahren.", "cp1252 iso8859-15 mac_roman"),
    "French": ("L'écluse est fermée à midi; les bateaux déjà arrivés attendent là où ils sont.", "cp1252 iso8859-15 mac_roman"),
    "Italian": ("La chiusa è aperta perché c'è più acqua; lunedì però sarà già chiusa.", "cp1252 iso8859-15 mac_roman"),
    "Spanish": ("La esclusa abrirá mañana; los niños no podrán subir según el señor alcalde.", "cp1252 iso8859-15"),
    "Hungarian": ("A zsilip hétfőn zárva van, a nagyobb hajók később jöhetnek; az idő még hűvös, a víz erős.", "cp1250 iso8859-2"),
    "Polish": ("Śluza jest zamknięta w poniedziałki; większe łodzie czekają, aż woda opadnie poniżej źródła.", "cp1250 iso8859-2"),
    "Czech": ("Plavební komora je v pondělí zavřena; větší lodě čekají, až řeka klesne níže.", "cp1250 iso8859-2"),
    "Lithuanian": ("Šliuzas pirmadieniais uždarytas; didesni laivai laukia, kol vanduo nuslūgs, žemė išdžius.", "cp1257 iso8859-13"),
    "Latvian": ("Slūžas pirmdienās ir slēgtas; lielāki kuģi gaida, līdz ūdens līmenis kļūs zemāks.", "cp1257 iso8859-13"),
    "Turkish": ("Kapak pazartesi günleri kapalıdır; büyük gemiler suyun alçalmasını bekler, şimdi değil.", "cp1254 iso8859-9"),
    "Greek": ("Η δεξαμενή είναι κλειστή τη Δευτέρα· τα μεγάλα πλοία περιμένουν.", "cp1253 iso8859-7"),
    "Russian": ("Шлюз закрыт по понедельникам; большие суда ждут, пока вода спадёт.", "cp1251 koi8-r cp866"),
    "Ukrainian": ("Шлюз зачинено щопонеділка; великі судна чекають, поки їх пропустять.", "cp1251 koi8-u"),
    "Hebrew": ("הסכר סגור בימי שני; ספינות גדולות ממתינות.", "cp1255 iso8859-8"),
    "Arabic": ("البوابة مغلقة يوم الاثنين؛ السفن الكبيرة تنتظر.", "cp1256 iso8859-6"),
    "Thai": ("ประตูน้ำปิดทุกวันจันทร์ เรือใหญ่ต้องรอจนน้ำลด", "cp874"),
    "Japanese": ("水門は月曜日に閉まります。大きな船は水位が下がるまで待ちます。", "cp932 euc-jp iso2022_jp"),
    "Korean": ("수문은 월요일에 닫힙니다. 큰 배는 물이 빠질 때까지 기다립니다.", "cp949"),
    "Chinese": ("水闸星期一关闭。大船要等水位下降以后才能通过。", "gb18030"),
    "Taiwanese": ("水閘星期一關閉。大船要等水位下降以後才能通過。", "big5"),
}  # fmt: skip


def inputs() -> list[Input]:
    """Each sentence in each of its encodings."""
    return [
        Input(f"{language} in {encoding}", "a.txt", sentence.encode(encoding), (sentence,))
        for language, (sentence, encodings) in _SENTENCES.items()
        for encoding in encodings.split()
    ]
