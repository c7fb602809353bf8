"""What stands before a full stop that ends no sentence, language by language.

Words are in lower case and without their last full stop. Parts of an abbreviation that are written
apart (`z. B.`) need no entry: letters that stand alone, each with a full stop, hold together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Stops:
    """How one language uses full stops.

    Attributes:
        never: words whose full stop never ends a sentence: titles, and what a sentence goes on after.
        before_numbers: words whose full stop ends none before a number or a letter that counts.
        either: words that may end a sentence; then the next one begins with one of `starters`.
        starters: words that begin sentences.
        closing: abbreviations that end a sentence where the next word has a capital.
        months: names of months as they stand in dates.
        ordinals: whether a number with a full stop is an ordinal (`2. etasje`).
        capital_nouns: whether any noun has a capital, so that a capital alone begins no sentence.
    """

    never: frozenset[str] = frozenset()
    before_numbers: frozenset[str] = frozenset()
    either: frozenset[str] = frozenset()
    starters: frozenset[str] = frozenset()
    closing: frozenset[str] = frozenset()
    months: frozenset[str] = frozenset()
    ordinals: bool = False
    capital_nouns: bool = False


@lru_cache(maxsize=64)
def stops_of(language: str) -> Stops:
    """How a language uses full stops; English use where nothing is known of it."""
    english = _LISTS["en"]
    own = _LISTS.get(language, {})
    named = {name: frozenset(words.split()) for name, words in own.items()}
    # Titles and measures of English stand in texts of any language.
    for name in ("never", "before_numbers", "either"):
        named[name] = named.get(name, frozenset()) | frozenset(_EVERYWHERE[name].split())
    if language not in _LISTS:
        named = {name: frozenset(words.split()) for name, words in english.items()}
    return Stops(
        **named,
        ordinals=language in _ORDINALS,
        capital_nouns=language in ("de", "lb"),
    )


_ORDINALS = frozenset(
    "bs cs da de et fi fo hr hu is lb lt lv nb nn no pl sk sl sr sv tr eu".split()
)

_EVERYWHERE = {
    "never": "dr drs prof st mr mrs ms cf vs approx ca",
    "before_numbers": "art fig nr no vol pp p abs min max tel §",
    "either": "inc ltd corp gmbh co av ave blvd ph.d jr",
}

_LISTS: dict[str, dict[str, str]] = {
    "en": {
        "never": "adm amb atty brig capt cdr cmdr col cpl dr drs fr gen gov hon insp lt maj messrs mlle "
        "mme mr mrs ms msgr ofc pres prof pvt rep revd rev sen sgt sr. st ste supt "
        "cf e.g eg i.e ie esp incl resp viz vs v approx ca circa",
        "before_numbers": "abs app art arts bd bk ch chap col cl eq eqs ex ext fig figs fl ln max min no nos "
        "nr p par para pg pp pt ref refs sec sect suppl tab tel vol vols § "
        "jan feb mar apr jun jul aug sep sept oct nov dec",
        "either": "al assn av ave bhd blvd bros co corp dept dist est etc ft gmbh hwy inc jr llc ltd mt "
        "mts ph.d plc rd sq sr univ",
        "starters": "a after all although an and any as at because before both but by during each every for "
        "from he her here his how however i if in into it its many most my no not of on once one our "
        "several she since so some such than that the their then there these they this those though "
        "thus to today under until up we what when where whether which while who why with you your",
    },
    "de": {
        "never": "abb abk abs adr allg anm art aufl ausg bd bes betr bez bspw bzgl bzw ca dgl dipl dr ebd "
        "eig einschl entspr ev evtl exkl fa fam fr frl geb gegr gem ggf ggfs hl hr hrn hrsg inkl insb "
        "jew kath lfd lt max mind min mio mrd mtl nachf nam od phil prof rd rel resp sog st std "
        "stellv str tel u.a usf verf vgl vors wg zit zz zzgl zzt z.b d.h i.d.r u.u z.t v.a s.o s.u o.ä "
        "phys chem med jur ing",
        "before_numbers": "kap nr nrn pkt s sp tab ziff zif abschn rn az jan feb mär apr jun jul aug sep sept okt "
        "nov dez",
        "either": "usw etc ff u.ä co gmbh jh n.chr v.chr chr",
        "starters": "aber alle alles als also am an auch auf aus außerdem bei beide bis da dabei dafür dagegen "
        "daher damit danach dann daran darauf daraus darin darum das dass davon davor dazu dem den "
        "denn der deren deshalb des dessen die dies diese dieser dieses doch dort durch ein eine "
        "einem einen einer einige er erst es etwa falls für gegen hat hier hinter ich ihr ihre im in "
        "ist jede jeder jedes jedoch jetzt kann kein keine man manche mehr mit nach nachdem neben nicht "
        "noch nun nur ob obwohl oder ohne seit sein seine seitdem sie sind so sobald solche sondern "
        "sowie später statt trotz um und unser unsere unter viele vom von vor wann warum was wegen "
        "weil weiter weitere wenn wer werden wie wir wird wo während zu zudem zuerst zum zur zwar "
        "zwischen",
        "months": "januar jänner februar feber märz april mai juni juli august september oktober november "
        "dezember",
    },
    "fr": {
        "never": "m mm mme mmes mlle mlles dr me mgr st ste cf c.-à-d chap env ex fig hab p.ex p réf "
        "resp tél vol av bd boul bvd pl r fg prof",
        "before_numbers": "al art arts n no p pp pag par par. tom v jan janv févr avr juil sept oct nov déc",
        "either": "etc ch s.a s.a.r.l",
        "starters": "à ainsi alors après au aucun aussi autre aux avec c'est car ce ceci cela celle celui ces "
        "cet cette chaque comme dans de depuis des donc du elle elles en enfin ensuite et il ils je la "
        "le les leur leurs lors lorsque mais même nos notre nous on or ou où par parce pendant plus "
        "plusieurs pour puis quand que quel quelle qui sa sans se selon ses si son sous sur tous tout "
        "toute toutefois toutes très tu un une vers vos votre vous y",
        "months": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    },
    "es": {
        "never": "av avda c d dña dr dra dres ej excmo fig gral ing lic ntra p.ej prof pza sr sra sras sres srta "
        "sta sto ud uds vd vds cía aprox pral",
        "before_numbers": "art arts cap fol n nro núm núms p pág págs párr pp s t tel tít tomo vol ap inc ene feb mar "
        "abr may jun jul ago sep sept oct nov dic",
        "either": "etc ee.uu uu s.a s.l",
        "starters": "a además al algunos ante antes aquel aquella así aunque cada como con cuando de desde "
        "después dicho donde dos el ella ellas ello ellos en entonces era es esa esas ese eso esos esta "
        "este esto estos fue ha hay hasta la las le lo los luego más me mi mientras muchos muy nada ni "
        "no nos nuestra nuestro o otra otro para pero por porque pues que qué quien se según ser si sí "
        "sin sobre son su sus también tan todo todos tras tu un una uno y ya yo",
        "months": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    },
    "it": {
        "never": "sig sigg sig.ra sig.na sigra dott dott.ssa dr prof prof.ssa avv ing arch geom rag on cfr ca "
        "es p.es ecc. v str p.za l.go spett gent egr fig all",
        "before_numbers": "art artt c cap co fasc l lett n nn num p pag pagg par pp tel vol gen feb mar apr mag giu "
        "lug ago set sett ott nov dic",
        "either": "ecc s.p.a s.r.l",
        "starters": "a al alla anche ancora che chi ci come con così cui da dal dalla dei del della delle di "
        "dopo dove e ed era essi gli ha hanno i il in infatti inoltre io la le lei lo loro lui ma "
        "mentre molti nei nel nella non noi nonostante o ogni per perché perciò più poi poiché prima "
        "quando quella quello questa queste questi questo quindi se secondo sebbene si sono su sul "
        "tra tutti tutto un una uno vi",
        "months": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    },
    "pt": {
        "never": "av dr dra drs eng ex exa exmo fig prof profa p.ex r sr sra sras srs srta sto sta cia aprox",
        "before_numbers": "art arts cap fl fls inc n nº núm p pág págs par pp tel vol jan fev mar abr mai jun jul ago "
        "set out nov dez",
        "either": "etc ltda s.a",
        "starters": "a além antes ao após as assim até cada com como da das de depois do dos e ela elas ele eles em "
        "então era essa esse esta este eu foi há isso isto já mais mas muitos na não nas nem no nos nós o "
        "onde os ou para pela pelo pois por porque quando que quem se segundo sem seu sua são também "
        "todo todos um uma você",
        "months": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    },
    "nl": {
        "never": "afb bijv bv ca dhr dr drs d.w.z d.m.v e.d enz. evt excl fam gem i.p.v i.v.m incl ing ir jr jl mevr "
        "mej mr mw m.b.t m.u.v nl o.a o.l.v pag prof resp st t.a.v t.o.v t/m vgl v.d w.o z.o.z zgn",
        "before_numbers": "art blz hfst lid nr nrs p par tel vol jan feb mrt apr jun jul aug sep sept okt nov dec",
        "either": "enz etc e.a b.v n.v",
        "starters": "aan alle als bij daar daarna dan dat de deze die dit door dus een en er ook geen had heeft "
        "het hier hij hoe ik in is ja je maar men met na naar niet nog nu of om omdat onder ons op over "
        "sinds te tot tijdens uit van veel voor waar wanneer want was wat we wie wij ze zij zijn zo",
    },
    "sv": {
        "never": "bl.a d.v.s dvs e.d ev ex fr.o.m f.d f.n inkl jfr kl m.fl m.m obs osv. p.g.a resp s.k st t.ex t.o.m "
        "tex tom bla doc prof dr",
        "before_numbers": "art fig kap nr s sid tel jan febr mars apr aug sept okt nov dec",
        "either": "etc osv",
        "starters": "alla att av de den det dessa detta du där efter eller en ett från för ha han har hon hur i "
        "ingen jag kan man med men när och om på se sedan ska som till under ur vad var vi vid är",
        "months": "januari februari mars april maj juni juli augusti september oktober november december",
    },
    "no": {
        "never": "adr bl.a ca d.v.s dvs dr eks evt f.eks feks fr inkl jf jfr kl maks min mill mrd o.l pga prof pst "
        "st t.o.m",
        "before_numbers": "art fig kap nr pkt s tlf jan feb mar apr jun jul aug sep sept okt nov des",
        "either": "etc osv m.m m.fl",
        "starters": "alle at av da de den denne det dette du en er et etter fra for han har hun hva hvis hvor i "
        "ingen jeg kan man med men mens nå når og om på så som til under ved vi var",
        "months": "januar februar mars april mai juni juli august september oktober november desember",
    },
    "da": {
        "never": "adr bl.a bla ca d.v.s dvs dr eks evt f.eks feks fhv fr hhv incl inkl jf jfr kl maks min mio mia "
        "pga prof sml st vedr",
        "before_numbers": "art fig kap nr pkt s stk tlf jan feb mar apr jun jul aug sep sept okt nov dec",
        "either": "etc osv m.m m.fl m.v",
        "starters": "alle at af da de den denne der det dette du en er et efter fra for han har hun hvad hvis "
        "hvor i ingen jeg kan man med men mens nu når og om på så som til under ved vi var",
        "months": "januar februar marts april maj juni juli august september oktober november december",
    },
    "fi": {
        "never": "ao. eo esim ent jkl ks mm mrs n noin nk os pj prof puh tms. tri ts ym. vrt ns ko",
        "before_numbers": "art klo kpl luku nro s sivu tel",
        "either": "jne tms ym yms oy",
        "months": "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta "
        "syyskuuta lokakuuta marraskuuta joulukuuta",
    },
    "pl": {
        "never": "dr dyr godz hab im inż itp. jw kpt ks lic łac m.in mgr mjr mld mln nb np nt ob ok os pl płk por "
        "pow prof przyp red rys śp św tj tys tzn tzw ul wg woj wyd zob zm ur al",
        "before_numbers": "art nr p pkt poz r s str t tel tom ust",
        "either": "itd itp wiek w",
        "months": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    },
    "cs": {
        "never": "apod. atd. bc cca doc dr hl ing jr judr kap např mgr mj mudr např násl obr obd phdr popř p prof "
        "resp rndr sv tj tzn tzv ul zejm zn",
        "before_numbers": "č čl odst písm r s sb str tel tab",
        "either": "atd apod aj hod s.r.o a.s",
        "months": "ledna února března dubna května června července srpna září října listopadu prosince",
    },
    "hu": {
        "never": "bek dr gr id ifj ill kb kft. ld lsd mb min özv pl prof ti tkp u.n vö",
        "before_numbers": "sz tel old",
        "either": "stb kft rt zrt bt",
        "months": "január február március április május június július augusztus szeptember október november december",
    },
    "tr": {
        "never": "alb apt av bak bknz bkz bul cad çev doç dr ecz gen hz krş mah müh op ord örn ör org prof sk sn sok "
        "st şti tic uzm vb. vs yay yrd yüz zool ing fr",
        "before_numbers": "no s sf syf md tel bl kat",
        "either": "vb vd a.ş şti ltd",
        "months": "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
    },
    "ro": {
        "never": "bd bl cca conf cpt d-l d-na d-lui d-nei dl dlui dna dnei dr dvs etaj ex fig gen ing jud lt mun "
        "prof sf str șos sos sc str ș.a",
        "before_numbers": "al alin ap art cap et lit nr p pag pct tel vol",
        "either": "etc s.a s.r.l ș.a.m.d",
        "starters": "a acest această aceste acestea aceștia acum am apoi ar are astfel atunci aici au ca când care "
        "ce cei cele cine cu cum dacă dar de deoarece deși din dintre după e ea ei ele el era este eu "
        "există fără fost iar in în între la le lui mai mulți noi nu o or pe pentru peste prin sa să se "
        "sub sunt și toate toți un una unde unei unii unui va",
        "months": "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    },
    "vi": {
        "never": "tp tx ts ths gs pgs bs ks ths q p đ",
        "before_numbers": "điều khoản",
        "either": "v.v",
    },
    "ru": {
        "never": "акад англ бул букв вт в.в гл гр гр-н г-н г-жа греч д див доц др. ж жен заруб зам и.о илл им инж "
        "исп ист итал кв канд каф кн корп кор лат литер м муж н наб напр нем о обл оз окр пер пл пос "
        "пр-т просп проф р р-н ред рис св см соотв соч ср ст стр т табл тел т.е т.к тыс ул франц ч чел "
        "шт экз",
        "before_numbers": "г гг гл д кв п пп рис с ст стр т табл тел ч §",
        "either": "г гг руб коп млн млрд в вв",
        "closing": "т.д т.п др пр н.э",
        "starters": "а без более был была были в вместе во все всё вы где да для до его ее её если есть еще ещё "
        "же за здесь и из или им их к как когда которые кто между мы на над не него нет но о об однако "
        "он она они оно от перед по под поэтому после потом при про с сейчас со так также там то тогда "
        "том тот у что чтобы эта эти это этот я",
    },
    "uk": {
        "never": "акад буд вул гл грн див д-р доц ім кв кн напр обл пл пор просп проф р-н св см ст т тов тел т.зв "
        "тис ул англ лат м",
        "before_numbers": "буд кв п р рр с ст стор рис табл тел",
        "either": "р рр ст грн коп млн млрд",
        "closing": "т.д т.п ін",
        "starters": "а але без був була були в вони він вона воно все де для до з за і із його її їх й коли ми на "
        "не о однак ось по потім при про та так також там то тоді у хто це цей ці що щоб я як якщо",
    },
    "el": {
        "never": "κ κα κος κκ δρ καθ βλ δηλ λ.χ π.χ σελ αρ οδ λεωφ τηλ αγ",
        "before_numbers": "αρ άρθ σελ τόμ",
    },
    "hi": {"never": "डॉ श्री प्रो पं कु सं रु मि"},
    "ar": {"never": "د أ م ص"},
}
