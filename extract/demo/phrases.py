"""What customers write: a small grammar of aspects and feelings in English, Italian and Arabic.

Pools are made once per purpose and language and then drawn from by number, so that a million rows cost a lookup each.
Some texts carry addresses, telephone numbers and names, which admission must redact.
"""

from __future__ import annotations

import numpy as np

from extract.demo.timeline import dice

LANGUAGES = ("en", "it", "ar")
POOL = 600
_GOOD, _BAD = 1, 0

# language -> aspect -> (bad, good)
_ASPECTS: dict[str, dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "en": {
        "resolution time": (
            (
                "we waited nine days for a fix",
                "the case stayed open far too long",
                "nobody could say when it would be solved",
            ),
            (
                "the fault was fixed the same day",
                "your engineer solved it within two hours",
                "the fix held at the first attempt",
            ),
        ),
        "hand-offs": (
            (
                "I explained the same fault to four people",
                "the case was passed from desk to desk",
                "every call began from zero",
            ),
            (
                "one engineer stayed with us to the end",
                "the same person called back each time",
                "nothing had to be explained twice",
            ),
        ),
        "reliability": (
            (
                "the array failed again during month end",
                "two controllers dropped in one week",
                "backups stopped without any warning",
            ),
            ("not one minute of downtime this quarter", "the arrays simply run", "restores worked in every test"),
        ),
        "project": (
            (
                "the migration is two months behind plan",
                "milestones slip and we hear it last",
                "the consultants change every week",
            ),
            (
                "the roll-out ended a week early",
                "the project lead kept every date",
                "the migration weekend went without a scratch",
            ),
        ),
        "price": (
            (
                "the renewal quote is 30 percent up with no reason given",
                "we pay more each year for less",
                "a competitor offered half the price",
            ),
            ("the new bundle saves us real money", "the offer was clear and fair", "good value for what we run on it"),
        ),
        "people": (
            (
                "our account manager has not called since spring",
                "nobody answers our messages",
                "promises are made and not kept",
            ),
            ("our account team knows our business", "they call before we have to", "always friendly and precise"),
        ),
    },
    "it": {
        "resolution time": (
            (
                "abbiamo aspettato nove giorni per una soluzione",
                "il ticket è rimasto aperto troppo a lungo",
                "nessuno sapeva dirci quando sarebbe stato risolto",
            ),
            (
                "il guasto è stato risolto in giornata",
                "il tecnico ha chiuso il problema in due ore",
                "la correzione ha funzionato al primo colpo",
            ),
        ),
        "hand-offs": (
            (
                "ho dovuto spiegare il problema a quattro persone",
                "siamo stati rimbalzati da un reparto all'altro",
                "ogni chiamata ricominciava da capo",
            ),
            (
                "un solo tecnico ci ha seguiti fino alla fine",
                "mi ha richiamato sempre la stessa persona",
                "non ho dovuto ripetere nulla",
            ),
        ),
        "reliability": (
            (
                "lo storage si è fermato di nuovo a fine mese",
                "due controller guasti in una settimana",
                "i backup si sono interrotti senza avviso",
            ),
            (
                "nemmeno un minuto di fermo in tutto il trimestre",
                "i sistemi girano e basta",
                "i ripristini hanno funzionato in ogni prova",
            ),
        ),
        "project": (
            (
                "la migrazione è in ritardo di due mesi",
                "le scadenze slittano e lo sappiamo per ultimi",
                "i consulenti cambiano ogni settimana",
            ),
            (
                "l'avvio è finito con una settimana di anticipo",
                "il capo progetto ha rispettato ogni data",
                "il fine settimana di migrazione è filato liscio",
            ),
        ),
        "price": (
            (
                "il rinnovo costa il 30 per cento in più senza spiegazioni",
                "paghiamo di più ogni anno per avere meno",
                "un concorrente ci offre la metà del prezzo",
            ),
            (
                "il nuovo pacchetto ci fa risparmiare davvero",
                "offerta chiara e corretta",
                "buon rapporto fra qualità e prezzo",
            ),
        ),
        "people": (
            (
                "il commerciale non chiama dalla primavera",
                "nessuno risponde ai nostri messaggi",
                "si promette e non si mantiene",
            ),
            ("chi ci segue conosce il nostro lavoro", "ci chiamano prima che serva", "sempre cortesi e precisi"),
        ),
    },
    "ar": {
        "resolution time": (
            ("انتظرنا تسعة أيام حتى حُلّت المشكلة", "بقيت التذكرة مفتوحة مدة طويلة جدًا", "لم يعرف أحد متى سيُحل العطل"),
            ("أُصلح العطل في اليوم نفسه", "حل المهندس المشكلة خلال ساعتين", "نجح الإصلاح من المرة الأولى"),
        ),
        "hand-offs": (
            ("شرحت المشكلة نفسها لأربعة أشخاص", "نُقلت الحالة من قسم إلى قسم", "كل مكالمة تبدأ من الصفر"),
            ("تابعنا مهندس واحد حتى النهاية", "الشخص نفسه اتصل بنا كل مرة", "لم نضطر إلى تكرار الشرح"),
        ),
        "reliability": (
            (
                "توقفت وحدة التخزين مرة أخرى في نهاية الشهر",
                "تعطل متحكمان في أسبوع واحد",
                "توقف النسخ الاحتياطي دون أي تنبيه",
            ),
            ("لم نتوقف دقيقة واحدة هذا الربع", "الأنظمة تعمل بثبات", "نجحت الاستعادة في كل اختبار"),
        ),
        "project": (
            ("تأخر مشروع النقل شهرين عن الخطة", "المواعيد تتأجل ونحن آخر من يعلم", "يتغير المستشارون كل أسبوع"),
            ("انتهى التشغيل قبل موعده بأسبوع", "التزم مدير المشروع بكل المواعيد", "تم النقل دون أي خلل"),
        ),
        "price": (
            ("ارتفع سعر التجديد ثلاثين بالمئة دون تفسير", "ندفع أكثر كل عام مقابل أقل", "عرض علينا منافس نصف السعر"),
            ("الباقة الجديدة توفر لنا كثيرًا", "عرض واضح وعادل", "قيمة جيدة مقابل السعر"),
        ),
        "people": (
            ("مدير حسابنا لم يتصل منذ الربيع", "لا أحد يرد على رسائلنا", "وعود لا تُنفذ"),
            ("فريق الحساب يعرف عملنا جيدًا", "يتصلون بنا قبل أن نطلب", "تعامل ودود ودقيق"),
        ),
    },
}
_JOIN = {
    "en": {True: ", and ", False: ", but "},
    "it": {True: ", e ", False: ", però "},
    "ar": {True: "، كما ", False: "، لكن "},
}
_CLOSE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "en": (
        ("We are looking at alternatives.", "This must change before the renewal.", "Please call me.", ""),
        ("Thank you.", "Keep it up.", "", ""),
    ),
    "it": (
        ("Stiamo valutando alternative.", "Così non rinnoviamo.", "Chiamatemi, per favore.", ""),
        ("Grazie.", "Continuate così.", "", ""),
    ),
    "ar": (("ندرس بدائل أخرى.", "لن نجدد بهذا الشكل.", "أرجو الاتصال بي.", ""), ("شكرًا لكم.", "استمروا.", "", "")),
}
_PERSONAL = {
    "en": ("Call me on +44 20 7946 {n:04d}.", "Write to it.{n}@mailbox.example.", "Ask for {name}."),
    "it": ("Mi chiami al +39 06 5550 {n:04d}.", "Scrivete a ced.{n}@mailbox.example.", "Chiedete di {name}."),
    "ar": ("اتصلوا بي على +20 2 2555 {n:04d}.", "راسلونا على it.{n}@mailbox.example.", "اسألوا عن {name}."),
}
_NAMES = {
    "en": ("Karen Ellwood", "Peter Rahn"),
    "it": ("Lucia Sartori", "Paolo Nardi"),
    "ar": ("هناء زكي", "طارق منصور"),
}
_SUBJECTS = {
    "en": (
        "Controller failover on {p}",
        "Slow response on {p}",
        "Replication lag, {p}",
        "Firmware question, {p}",
        "{p}: disk replaced, rebuild stuck",
        "Cannot log in to {p} console",
        "Licence key for {p}",
        "{p} backup job fails",
        "Capacity alert on {p}",
        "Certificate expired on {p}",
    ),
    "it": (
        "Failover del controller su {p}",
        "Prestazioni lente su {p}",
        "Ritardo di replica, {p}",
        "Domanda sul firmware, {p}",
        "Backup fallito su {p}",
        "Accesso alla console di {p}",
    ),
    "ar": (
        "تعطل المتحكم في {p}",
        "بطء في {p}",
        "تأخر النسخ المتماثل في {p}",
        "سؤال عن البرنامج الثابت {p}",
        "فشل النسخ الاحتياطي في {p}",
    ),
}


def comment_pool(language: str, *, is_good: bool) -> np.ndarray:
    """`POOL` comments of one language and feeling; one in five mixes feelings, one in twelve is personal."""
    rng = dice("comments", language, is_good)
    aspects = list(_ASPECTS[language].values())
    pool = []
    for _ in range(POOL):
        first, second = rng.permutation(len(aspects))[:2]
        mixed = rng.random() < 0.2
        text = _pick(rng, aspects[first][_GOOD if is_good else _BAD])
        if rng.random() < 0.55:
            other = is_good != mixed
            text += _JOIN[language][not mixed] + _pick(rng, aspects[second][_GOOD if other else _BAD])
        close = _pick(rng, _CLOSE[language][_GOOD if is_good else _BAD])
        personal = _pick(rng, _PERSONAL[language]) if rng.random() < 1 / 12 else ""
        personal = personal.format(n=int(rng.integers(100, 9999)), name=_pick(rng, _NAMES[language]))
        pool.append(" ".join(part for part in (text[0].upper() + text[1:] + ".", close, personal) if part))
    return np.array(pool, dtype=object)


def subject_pool(language: str, products: tuple[str, ...]) -> np.ndarray:
    """Ticket subjects, products x forms; row = product index, column = form."""
    forms = _SUBJECTS[language]
    return np.array([[form.format(p=product) for form in forms] for product in products], dtype=object)


def description_pool(language: str) -> np.ndarray:
    """First messages of tickets: a fault told plainly, some with a way to be reached."""
    rng = dice("descriptions", language)
    troubles = [text for bad, _ in _ASPECTS[language].values() for text in bad]
    pool = []
    for _ in range(POOL):
        first, second = rng.permutation(len(troubles))[:2]
        text = (
            f"{troubles[first][0].upper()}{troubles[first][1:]}. {troubles[second][0].upper()}{troubles[second][1:]}."
        )
        if rng.random() < 0.15:
            text += " " + _pick(rng, _PERSONAL[language]).format(
                n=int(rng.integers(100, 9999)), name=_pick(rng, _NAMES[language])
            )
        pool.append(text)
    return np.array(pool, dtype=object)


def _pick(rng: np.random.Generator, options: tuple[str, ...]) -> str:
    return options[int(rng.integers(0, len(options)))]
