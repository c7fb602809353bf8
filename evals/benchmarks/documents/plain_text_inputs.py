"""Inputs in plain-text formats: CSV and TSV, Markdown, and text in the encodings used before UTF-8."""

from __future__ import annotations

from evals.benchmarks.documents.built import Input


def delimited_inputs() -> list[Input]:
    return [
        _rows("semicolons", "Ort;Pegel\nMainz;4,20\nBonn;3,90\n", "| Mainz | 4,20 |"),
        _rows("figures only", "1,5;2,5\n3,5;4,5\n", "| 1,5 | 2,5 |"),
        _rows("space before a quote", 'a, b\nx, "p, q"\ny, "r"\n', "| x | p, q |"),
        _rows(
            "lines above the header",
            "Report of May\n\nGate,Level\nNorth,4.2\nSouth,3.9\n",
            "Report of May",
            "| Gate | Level |\n| --- | --- |",
        ),
        _rows("line breaks in a cell", 'a,b\nx,"one\ntwo"\n', "| x | one two |"),
        _rows("pipes", "a|b\np, q|2\nr, s|3\n", "| p, q | 2 |"),
        _rows("inch signs", 'part,size,price\nrod,3",1\npipe,"7" long,2\n', "| pipe | \"7\" long | 2 |"),
        _rows("lone quote in TSV", 'part\tsize\nrod\t"3 in\npipe\t4 in\n', '| rod | "3 in |', "| pipe | 4 in |", name="a.tsv"),
        _rows("escaped quotes", 'a,b\nx,"say \\"no\\", go"\n', '| x | say "no", go |'),
        Input("UTF-16", "a.csv", "Ort\tPegel\nKöln\t4,2\n".encode("utf-16"), ("| Köln | 4,2 |",)),
        Input("UTF-16 without a mark", "a.csv", "Ort;Pegel\nKöln;4,2\n".encode("utf-16-le"), ("| Köln | 4,2 |",)),
    ]  # fmt: skip


def _rows(kind: str, source: str, *present: str, name: str = "a.csv") -> Input:
    return Input(kind, name, source.encode(), present)


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


def encoding_inputs() -> list[Input]:
    """Each sentence in each of its encodings."""
    return [
        Input(f"{language} in {encoding}", "a.txt", sentence.encode(encoding), (sentence,))
        for language, (sentence, encodings) in _SENTENCES.items()
        for encoding in encodings.split()
    ]


def markdown_inputs() -> list[Input]:
    return [
        _text("front matter in TOML", '+++\ntitle = "Dam"\n+++\n\nIt holds.\n', "It holds.", absent=("+++", "title")),
        _text("front matter in JSON", '{"title": "Dam"}\n\nIt holds.\n', "It holds.", absent=("title",)),
        _text(
            "footnote",
            "Toll: 9 euros.[^b]\n\n[^b]: Boats pay 4 euros.\n",
            "9 euros.[^b]",
            "\n\n[^b]: Boats pay 4 euros.",
        ),
        _text("raised figures", "7 × 10^11^ l, 3 m<sup>2</sup>, H~2~O", "7 × 10^11 l, 3 m^2, H2O"),
        _text("formula", r"$\frac{7}{8}$ of $10^{6}$ l", "7/8 of 10^6 l"),
        _text("prices in dollars", "from $5 to $9", "from $5 to $9"),
        _text("struck-out text", "costs ~~800~~ 650", "650", absent=("800",)),
        _text("product", "2*3*4 = 24", "2*3*4 = 24"),
        _text("link by reference", "See [the plan][p].\n\n[p]: http://example.org\n", "See the plan."),
        _text("numbers of a list", "7. seven\n8. eight\n", "7. seven\n8. eight"),
        _text("terms", "Weir\n: A low dam.\n", "Weir: A low dam."),
    ]  # fmt: skip


def _text(kind: str, source: str, *present: str, absent: tuple[str, ...] = ()) -> Input:
    return Input(kind, "a.md", source.encode(), present, absent)
