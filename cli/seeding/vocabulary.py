"""Words of three languages: what schools, course platforms and media teams call their videos.

Most words are put together from parts, as the languages themselves do it: a few hundred written here make tens of
thousands.
"""
# ruff: noqa: RUF001, S311  Russian letters are meant; chance makes the library, no secrets.

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from random import Random


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its tags, and by name the lists that the places of a template are filled from."""

    code: str
    tags: tuple[str, ...]
    fields: dict[str, list[str]]
    titles: tuple[str, ...]
    lessons: tuple[str, ...]
    courses: tuple[str, ...]
    modules: tuple[str, ...]
    sentences: tuple[str, ...]
    parts: str
    notes: tuple[str, ...]


_COINED_STARTS = """
al ar bel bra cor dar del dor el er fal fen gal gor har hel in ir jor kal kor lan lor
mar mer nal nor ol or pal per quo ral ros sal sor tal tor ul ur val vel vor wel zan zor
"""
_COINED_ENDS = "a ax en era ero ia ica ida ima ino ion ira is ita ium ix ola on ora oro os ova um ura us"
_MONTHS_EN = "January February March April May June July August September October November December"
_MONTHS_DE = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
_MONTHS_RU = "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь"

_TOPICS_DE = """
Mathematik Physik Chemie Biologie Geschichte Geografie Informatik Deutsch Englisch Französisch Latein Musik Kunst Sport
Ethik Philosophie Wirtschaft Recht Politik Psychologie Pädagogik Astronomie Statistik Analysis Geometrie Algebra
Stochastik Optik Mechanik Elektrotechnik Thermodynamik Genetik Ökologie Anatomie Botanik Zoologie Literatur Grammatik
Rhetorik Theater Fotografie Typografie Buchhaltung Controlling Marketing Vertrieb Logistik Einkauf Personal Datenschutz
Arbeitsschutz Brandschutz Qualität Hygiene Pflege Medizin Pharmazie Ernährung Gastronomie Handwerk Metallbau Holztechnik
Elektronik Robotik Automatisierung Programmierung Datenbanken Netzwerke Linux Java Tabellenkalkulation Videoschnitt
Tontechnik Kameraführung Journalismus Reportage Dokumentation Integration Inklusion Medienkompetenz Berufsorientierung
Prüfungsvorbereitung Abitur Hausaufgaben Elternabend Unterricht Weiterbildung Ausbildung Einarbeitung Führung Teamarbeit
Konfliktlösung Zeitmanagement Nachhaltigkeit Klima Energie Verkehr Architektur Mobilität Landwirtschaft
"""
_STEMS_DE = """
Zell Wasser Klima Energie Daten Arbeits Sicherheits Sprach Verkehrs Umwelt Material Personal Projekt Prozess Produkt
Qualitäts Kosten Kunden Markt Medien Bild Ton Film Text Farb Licht Wärme Strom Kraft Druck Luft Boden Pflanzen Tier
Körper Herz Muskel Nerven Haut Blut Zahn Seh Hör Lern Lehr Schul Unterrichts Prüfungs Noten Lese Schreib Rechen Zahlen
Mengen Flächen Winkel Kurven Funktions Gleichungs Vektor Matrizen Wahrscheinlichkeits Fehler Risiko Brand Unfall Notfall
Patienten Medikamenten Ernährungs Küchen Lebensmittel Hygiene Reinigungs Lager Transport Liefer Versand Einkaufs
Vertriebs Verkaufs Preis Steuer Lohn Vertrags Rechts Verwaltungs Staats Kommunal Wirtschafts Finanz Bank Anlage Börsen
Versicherungs Haushalts Familien Kinder Jugend Alters Sozial Gesundheits Sport Trainings Ausdauer Gruppen Team Führungs
Konflikt Gesprächs Interview Redaktions Nachrichten Quellen Archiv Kultur Kunst Musik Theater Bühnen Kostüm Mode Stoff
Holz Metall Stein Glas Kunststoff Bau Dach Fassaden Heizungs Sanitär Elektro Schalt Mess Regel Steuerungs Antriebs
Motor Getriebe Fahrzeug Bahn Flug Schiffs Weltraum Stern Wetter Erdbeben Vulkan Gletscher Meeres Fluss Wald Acker
Garten Obst Getreide Vieh Milch Bienen Saatgut Netzwerk Server Speicher Datenbank Programm Modell Bildschirm Eingabe
Zugriffs Passwort Verschlüsselungs Urheber Lizenz Patent Entwicklungs Forschungs Labor Versuchs Experiment Beobachtungs
Raster Schicht Faser Kristall Molekül Atom Kern Strahlen Wellen Schwingungs Schall Kamera Schnitt Effekt Animations
"""
_HEADS_DE = """
analyse technik lehre kunde planung prüfung steuerung forschung messung bildung theorie praxis strategie kontrolle
beratung entwicklung verwaltung gestaltung pflege übung ordnung versorgung rechnung schulung erkennung verarbeitung
aufbereitung sicherung bewertung darstellung erfassung optimierung
"""
_ADJECTIVES_DE = """
Angewandte Moderne Praktische Digitale Einfache Sichere Nachhaltige Klassische Experimentelle Vergleichende Interaktive
Schnelle Regionale Internationale Kreative Systematische Betriebliche Technische Historische Politische Barrierefreie
Gemeinsame Kritische Visuelle Mobile Offene Grundlegende Vertiefende
"""
_SURNAME_STARTS_DE = """
Linden Eichen Buchen Birken Rosen Stein Berg Feld Wald Bach Brunn Hoch Nieder Ober Unter Neu Alt Grün Schwarz Weiß Roth
Gold Silber Eisen Kupfer Winter Sommer Herbst Königs Kaiser Fürsten Bischofs Mühl Kirch Schloss Hof Wiesen Heide Moor
Sand Kies Tann Ahorn Erlen Ulmen Hasel Dorn Reh Hirsch Wolfs Bären Falken Adler Storch Schwan
"""
_SURNAME_ENDS_DE = """
berg mann meier hof bauer bach feld mayer wald hauser brück thal stein dorfer müller schmidt leitner burg
"""
_NAMES_DE = """
Anna Lukas Marie Jonas Lena Felix Sophie Paul Laura Tim Julia Max Sarah Jan Katharina Moritz Hannah David Miriam Stefan
Claudia Thomas Petra Michael Sabine Andreas Birgit Uwe Heike Jürgen Ayşe Mehmet Elif Tomasz Agnieszka Giulia Zoë
"""
_PLACES_DE = """
Berlin Hamburg München Köln Frankfurt Stuttgart Düsseldorf Leipzig Dortmund Essen Bremen Dresden Hannover Nürnberg
Duisburg Bochum Wuppertal Bielefeld Bonn Münster Mannheim Karlsruhe Augsburg Wiesbaden Kiel Rostock Kassel Halle
Magdeburg Freiburg Lübeck Erfurt Mainz Jena Potsdam Göttingen Ulm Wien Graz Linz Salzburg Innsbruck Zürich Basel Bern
Luzern Winterthur Bozen Tübingen Marburg Bamberg Görlitz Weimar Flensburg Passau Konstanz
"""

_TOPICS_EN = """
Mathematics Physics Chemistry Biology History Geography Computing English Spanish French Music Art Athletics Ethics
Philosophy Economics Law Politics Psychology Pedagogy Astronomy Statistics Calculus Geometry Algebra Probability Optics
Mechanics Electronics Thermodynamics Genetics Ecology Anatomy Botany Zoology Literature Grammar Rhetoric Drama
Photography Typography Accounting Controlling Sales Logistics Purchasing Recruiting Privacy Safety Compliance Quality
Nursing Medicine Pharmacy Nutrition Cooking Carpentry Welding Robotics Automation Programming Databases Networking
Kubernetes Python Rust Spreadsheets Editing Sound Lighting Journalism Podcasting Documentary Inclusion Accessibility
Careers Revision Homework Assembly Seminar Training Onboarding Leadership Teamwork Negotiation Productivity
Sustainability Climate Energy Transport Architecture Farming Fundraising Storytelling Animation Analytics Security
Research Mentoring Debate
"""
_ADJECTIVES_EN = """
advanced practical modern simple applied digital creative critical visual classical comparative interactive ancient
industrial medieval organic quantum linear statistical renewable sustainable inclusive remote public private cultural
political economic social ecological chemical biological physical electrical mechanical thermal optical acoustic marine
coastal urban rural regional global local seasonal historical literary poetic dramatic musical cinematic narrative
technical clinical medical surgical dental nutritional athletic mental emotional cognitive behavioural financial fiscal
legal ethical moral philosophical logical numerical geometric algebraic random parallel distributed secure encrypted
wireless embedded autonomous robotic modular scalable responsive accessible multilingual bilingual collaborative
independent weekly annual rapid gentle hidden essential fundamental surprising everyday forgotten experimental
"""
_NOUNS_EN = """
analysis method reaction structure pattern process experiment equation function theorem proof measurement sample survey
interview argument essay poem novel chapter scene rehearsal performance melody rhythm harmony sketch portrait landscape
lens exposure camera microphone script storyboard timeline transition subtitle soundtrack archive source citation
headline campaign audience customer contract invoice budget forecast balance payroll tax audit supplier warehouse
shipment inventory schedule milestone deadline meeting workshop agenda feedback review decision conflict negotiation
motivation habit memory attention perception emotion behaviour nutrition recipe kitchen vaccine therapy diagnosis muscle
skeleton heart neuron cell enzyme protein genome mutation species habitat forest river glacier volcano earthquake
weather atmosphere ocean desert harvest orchard pollinator planet comet galaxy orbit satellite rocket gravity friction
pressure current voltage circuit sensor motor turbine battery grid insulation bridge tunnel facade carpentry weld alloy
polymer crystal molecule atom isotope wave spectrum laser matrix vector integral derivative fraction probability
algorithm database query index network protocol firewall password backup container deployment interface prototype layout
colour font accessibility keyboard spreadsheet formula chart dashboard report template policy regulation election
parliament constitution treaty revolution empire migration trade currency inflation market bank insurance museum temple
castle mythology language dialect vowel consonant accent translation vocabulary
"""
_VERBS_EN = """
plan build test compare explain measure draw film edit record repair design improve understand teach present review
organise calculate estimate solve clean install configure debug document translate summarise evaluate
"""
_SURNAME_STARTS_EN = """
Ash Birch Brook Cedar Clay Cliff Dale Edge Elm Fair Fern Field Ford Glen Gold Green Hal Hart Haw Hazel Heath High Hill
Hol Horn King Lang Lin Long Mar Mead Mill Moor Nor Oak Pem Pres Rad Raven Red Rock Row Rush Sher Silver South Stan
Stone Strat Sut Thorn Wake Wes White Wil Win Wood Wyn
"""
_SURNAME_ENDS_EN = """
ford ley ton wood well field worth brook bury combe croft den ham hurst land man mere ridge shaw ward
"""
_NAMES_EN = """
Emma Oliver Amelia Noah Grace Jack Chloe Harry Isla George Aisha Omar Priya Arjun Mei Chen Kofi Amara Sean Niamh Rhys
Megan Callum Fiona Daniel Rachel Samuel Hannah Victor Elena Diego Lucía Mateo Ingrid Bjørn Yuki Kenji Thandi Zainab
"""
_PLACES_EN = """
London Manchester Leeds Bristol Glasgow Edinburgh Cardiff Belfast Dublin Cork Oxford Cambridge York Durham Exeter Bath
Norwich Brighton Nottingham Sheffield Boston Chicago Denver Seattle Portland Austin Atlanta Toronto Montreal Vancouver
Sydney Melbourne Perth Brisbane Auckland Wellington Nairobi Lagos Accra Johannesburg Singapore Mumbai Delhi Bangalore
"""

_TOPICS_RU = """
Математика Физика Химия Биология История География Информатика Литература Музыка Живопись Физкультура Этика Философия
Экономика Право Политика Психология Педагогика Астрономия Статистика Геометрия Алгебра Вероятность Оптика Механика
Электротехника Термодинамика Генетика Экология Анатомия Ботаника Зоология Грамматика Риторика Театр Фотография
Типографика Бухгалтерия Маркетинг Продажи Логистика Закупки Кадры Конфиденциальность Безопасность Качество Гигиена
Медицина Фармация Питание Кулинария Ремесло Сварка Электроника Робототехника Автоматизация Программирование Сети
Таблицы Монтаж Звук Свет Журналистика Репортаж Подкаст Документалистика Инклюзия Медиаграмотность Профориентация
Экзамен Повторение Собрание Семинар Обучение Стажировка Лидерство Команда Переговоры Тайм-менеджмент Устойчивость
Климат Энергетика Транспорт Архитектура Сельское-хозяйство Волонтёрство Анимация Аналитика Исследование Наставничество
Дебаты Английский Немецкий Французский Русский Черчение Технология Обществознание Краеведение Олимпиада Логопедия
"""
_ADJECTIVES_RU = """
практическ современн цифров критическ визуальн классическ сравнительн интерактивн древн промышленн органическ квантов
линейн статистическ возобновляем доступн общественн частн культурн политическ экономическ социальн экологическ
химическ биологическ физическ электрическ механическ теплов оптическ акустическ морск городск сельск региональн
глобальн местн сезонн историческ литературн поэтическ драматическ музыкальн технологическ клиническ медицинск
спортивн эмоциональн финансов налогов юридическ моральн философск логическ числов геометрическ алгебраическ случайн
параллельн распределённ безопасн беспроводн автономн модульн многоязычн совместн самостоятельн еженедельн годов
быстр скрыт важн фундаментальн удивительн забыт экспериментальн народн научн учебн творческ
"""
_NOUNS_RU = """
анализ метод процесс эксперимент график контраст спектр лазер вектор интеграл алгоритм запрос индекс протокол пароль
интерфейс прототип шаблон отчёт закон договор бюджет прогноз баланс склад маршрут проект план семинар диалог конфликт
навык рецепт диагноз мускул нейрон белок геном ареал лес вулкан климат океан урожай астероид спутник мотор генератор
аккумулятор мост тоннель фасад сплав полимер кристалл атом изотоп период роман сюжет сценарий монтаж кадр звук ритм
аккорд эскиз портрет пейзаж объектив микрофон архив источник заголовок репортаж рынок банк музей храм замок миф язык
диалект перевод словарь музыкант учитель календарь
реакция структура функция теорема формула задача таблица диаграмма система программа сеть база модель теория практика
стратегия оценка проверка методика лекция беседа дискуссия поэма глава сцена мелодия гармония камера съёмка анимация
цитата кампания аудитория валюта инфляция торговля налоговая политика реформа революция империя миграция культура
традиция клетка мутация вакцина терапия диета кухня река пустыня атмосфера планета комета галактика орбита ракета
гравитация турбина батарея изоляция сварка молекула волна матрица дробь скорость энергия речь роль память
правило уравнение доказательство измерение исследование наблюдение упражнение движение давление напряжение излучение
питание поведение внимание восприятие общение решение искусство право хозяйство государство войско море озеро
растение животное тело здоровье дыхание зрение событие открытие
"""
_VERBS_RU = """
планировать проверять сравнивать объяснять измерять рисовать снимать монтировать записывать чинить проектировать
улучшать понимать преподавать рассчитывать решать настраивать переводить обобщать оценивать
"""
_SURNAMES_RU = """
Иван Петр Сидор Кузнец Алексе Андре Антон Баран Белоус Богдан Борис Василь Виноград Воробь Ворон Гаврил Герасим Голуб
Горбун Григорь Давыд Данил Дмитри Егор Ефим Жук Захар Зот Игнат Карп Климент Ковал Козл Комар Крыл Лаврентье Леон Макар
Максим Мартын Матве Мельник Мирон Михайл Наум Никола Никон Орл Осип Павл Панфил Поляк Прохор Роман Савель Семён Серге
Сокол Степан Тарас Тимофе Тихон Трофим Фёдор Филипп Абрам Агап Аким Артемь Афанась Горде Дементь Демид Евсе Елисе
Ерофе Исак Кирилл Кондрать Лук Назар Пахом Потап Самойл Сафрон Устин Харитон Шестак Яким Яковл
"""
_MEN_RU = """
Дмитрий Алексей Сергей Иван Михаил Павел Андрей Николай Виктор Артём Тимур Рустам Ярослав Семён Фёдор Пётр
"""
_WOMEN_RU = """
Анна Мария Елена Ольга Наталья Татьяна Светлана Ирина Юлия Людмила Дарья Алия Гульнара Оксана Вера Алёна Ксения
"""
_PLACES_RU = """
Москва Петербург Новосибирск Екатеринбург Казань Челябинск Самара Омск Ростов Уфа Красноярск Воронеж Пермь Волгоград
Краснодар Саратов Тюмень Тольятти Ижевск Барнаул Иркутск Хабаровск Ярославль Владивосток Махачкала Томск Оренбург
Кемерово Рязань Астрахань Пенза Липецк Киров Чебоксары Тула Калининград Курск Ставрополь Тверь Брянск Иваново Псков
Алматы Астана Минск Гомель Бишкек Ташкент Ереван Тбилиси Кишинёв Рига Вильнюс
"""


def _mixed(words: Iterable[str]) -> list[str]:
    """Distinct words in an order that is always the same and not the written one: which are frequent is chance."""
    found = list(dict.fromkeys(words))
    Random("order").shuffle(found)
    return found


def _joined(starts: str, ends: str, join: Callable[[str, str], str] = str.__add__) -> list[str]:
    return _mixed(join(start, end) for start in starts.split() for end in ends.split())


def _people(names: str, surname_starts: str, surname_ends: str) -> list[str]:
    return _joined(names, " ".join(_joined(surname_starts, surname_ends)), lambda first, last: f"{first} {last}")


def _russian_noun(noun: str) -> tuple[str, str]:
    """The gender of a noun (``m``, ``f``, ``n``) by its ending, and its genitive."""
    stem, last = noun[:-1], noun[-1]
    if last == "а":
        return "f", stem + ("и" if stem[-1] in "гкхжшщч" else "ы")
    if last == "я":
        return "f", stem + "и"
    if last == "ь":
        soft = noun.endswith(("тель", "арь", "оль")) and noun != "роль"
        return ("m", stem + "я") if soft else ("f", stem + "и")
    if last in "оеё":
        return "n", stem + ("а" if last == "о" or stem[-1] in "жшщчц" else "я")
    return "m", stem + "я" if last == "й" else noun + "а"


def _russian_phrases() -> tuple[list[str], list[str]]:
    """Adjective and noun, in the nominative and in the genitive."""
    nominative, genitive = [], []
    for noun in _NOUNS_RU.split():
        if noun in {"налоговая", "животное"}:  # adjectives themselves
            continue
        gender, of_noun = _russian_noun(noun)
        for stem in _ADJECTIVES_RU.split():
            if stem == "древн":
                ending, of = {"m": ("ий", "его"), "f": ("яя", "ей"), "n": ("ее", "его")}[gender]
            else:
                masculine = "ий" if stem[-1] in "гкх" else "ый"
                ending, of = {"m": (masculine, "ого"), "f": ("ая", "ой"), "n": ("ое", "ого")}[gender]
            nominative.append(f"{stem}{ending} {noun}")
            genitive.append(f"{stem}{of} {of_noun}")
    return _mixed(nominative), _mixed(genitive)


def _russian_people() -> list[str]:
    """First names and surnames whose genders agree."""
    men, women = [], []
    for stem in _SURNAMES_RU.split():
        own = "ев" if stem[-1] in "аеиль" else "ов"
        neutral = f"{stem.rstrip('ь')}енко"
        men += [stem + own, f"{stem.rstrip('ь')}{own}ский", neutral]
        women += [f"{stem}{own}а", f"{stem.rstrip('ь')}{own}ская", neutral]
    pairs = ((_MEN_RU, men), (_WOMEN_RU, women))
    return _mixed(f"{first} {last}" for firsts, lasts in pairs for first in firsts.split() for last in lasts)


def _capital(words: Iterable[str]) -> list[str]:
    return [word[0].upper() + word[1:] for word in words]


def _shared() -> dict[str, list[str]]:
    coined = (
        f"{start}{middle}{end}".capitalize()
        for start in _COINED_STARTS.split()
        for middle in _COINED_STARTS.split()
        for end in _COINED_ENDS.split()
    )
    return {"coined": _mixed(coined), "n": [str(number) for number in range(1, 31)]}


def _german(shared: dict[str, list[str]]) -> Language:
    compounds = _joined(_STEMS_DE, _HEADS_DE)
    return Language(
        code="de",
        tags=tuple(word.lower() for word in _TOPICS_DE.split()),
        fields=shared
        | {
            "topic": _TOPICS_DE.split(),
            "thing": compounds,
            "adjective": _mixed(_ADJECTIVES_DE.split()),
            "person": _people(_NAMES_DE, _SURNAME_STARTS_DE, _SURNAME_ENDS_DE),
            "place": _mixed(_PLACES_DE.split()),
            "month": _MONTHS_DE.split(),
        },
        titles=(
            "Grundlagen der {thing}",
            "Einführung in die {thing}",
            "{adjective} {thing}",
            "{topic}: {adjective} {thing}",
            "{topic} für die Klasse {n}: {thing}",
            "{thing} und {thing} im Vergleich",
            "Was ist {thing}? {person} erklärt",
            "Interview mit {person} über {thing}",
            "Projekt {coined}: {thing}",
            "Besuch in {place}: {thing} vor Ort",
            "Rückblick {month} {year}: {topic}",
            "{topic}-Werkstatt {place} {year}",
            "So gelingt die {thing}",
        ),
        lessons=(
            "Lektion {n}: {thing}",
            "{thing} – Übung {n}",
            "{topic}: {thing}",
            "Wiederholung: {thing}",
            "{adjective} {thing} Schritt für Schritt",
        ),
        courses=(
            "Grundkurs {thing}",
            "{topic}: {adjective} {thing}",
            "Einführung in die {thing}",
            "{topic} {year}",
            "Lehrgang {thing}, {place}",
        ),
        modules=("Modul {n}: {thing}", "{adjective} {thing}", "{thing}", "Praxis: {thing}"),
        sentences=(
            "In diesem Video geht es um {thing} und {thing}.",
            "{person} zeigt an Beispielen aus {place}, wie {thing} in der Praxis aussieht.",
            "Vorwissen in {topic} hilft, ist aber nicht nötig.",
            "Aufgenommen im {month} {year} in {place}.",
            "Das Arbeitsblatt zur {thing} liegt im Kursraum.",
            "Eine Aufzeichnung aus der Reihe {coined}.",
            "Fragen beantwortet {person}.",
        ),
        parts="{title} (Teil {n})",
        notes=("Ton im letzten Drittel nachziehen.", "Untertitel fehlen noch.", "Freigabe von {person} abwarten."),
    )


def _english(shared: dict[str, list[str]]) -> Language:
    return Language(
        code="en",
        tags=tuple(word.lower() for word in _TOPICS_EN.split()),
        fields=shared
        | {
            "topic": _TOPICS_EN.split(),
            "thing": _joined(_ADJECTIVES_EN, _NOUNS_EN, lambda start, end: f"{start} {end}"),
            "noun": _mixed(_NOUNS_EN.split()),
            "verb": _mixed(_VERBS_EN.split()),
            "person": _people(_NAMES_EN, _SURNAME_STARTS_EN, _SURNAME_ENDS_EN),
            "place": _mixed(_PLACES_EN.split()),
            "month": _MONTHS_EN.split(),
        },
        titles=(
            "Introduction to the {thing}",
            "{topic}: the {thing}",
            "How to {verb} the {thing}",
            "{topic} basics: {noun} and {noun}",
            "The {thing}, explained by {person}",
            "{person} on the {thing}",
            "Interview with {person}: {topic}",
            "Project {coined}: the {thing}",
            "From {place}: {topic} and the {noun}",
            "Review of {month} {year}: {topic}",
            "{topic} workshop, {place} {year}",
            "Why every {noun} needs its {noun}",
            "{verb}, {verb}, {verb}: the {thing} in practice",
        ),
        lessons=(
            "Lesson {n}: the {thing}",
            "The {thing} – exercise {n}",
            "{topic}: {noun} and {noun}",
            "Revision: the {thing}",
            "The {thing} step by step",
        ),
        courses=(
            "Foundations of the {thing}",
            "{topic}: the {thing}",
            "{topic} {year}",
            "Certificate course {topic}, {place}",
            "{topic} for beginners: {noun} and {noun}",
        ),
        modules=("Unit {n}: the {thing}", "The {thing}", "{noun} and {noun}", "Practice: {noun}"),
        sentences=(
            "This video is about the {thing} and how it meets the {thing}.",
            "{person} shows with examples from {place} how to {verb} the {noun}.",
            "Some knowledge of {topic} helps, but none is required.",
            "Recorded in {month} {year} in {place}.",
            "The worksheet about the {noun} is in the course room.",
            "A recording of the series {coined}.",
            "Questions go to {person}.",
        ),
        parts="{title} (part {n})",
        notes=("Fix the sound in the last third.", "Captions are missing.", "Waiting for {person} to approve."),
    )


def _russian(shared: dict[str, list[str]]) -> Language:
    nominative, genitive = _russian_phrases()
    return Language(
        code="ru",
        tags=tuple(word.lower() for word in _TOPICS_RU.split()),
        fields=shared
        | {
            "topic": [word.replace("-х", " х") for word in _TOPICS_RU.split()],
            "thing": nominative,
            "Thing": _capital(nominative),
            "of": genitive,
            "verb": _mixed(_VERBS_RU.split()),
            "person": _russian_people(),
            "place": _mixed(_PLACES_RU.split()),
            "month": _MONTHS_RU.split(),
        },
        titles=(
            "Основы {of}",
            "Введение в тему: {thing}",
            "{topic}: {thing}",
            "Как {verb}: {thing}",
            "{Thing} и {thing}",
            "{Thing}: объясняет {person}",
            "{person}: {thing}",
            "Интервью: {person}, {topic}",
            "Проект {coined}: {thing}",
            "{place}: {topic} и {thing}",
            "Итоги, {month} {year}: {topic}",
            "Мастерская {of}, {place}, {year}",
            "Разбор {of} для {n} класса",
        ),
        lessons=(
            "Урок {n}: {thing}",
            "{Thing} – упражнение {n}",
            "{topic}: {thing}",
            "Повторение {of}",
            "{Thing} шаг за шагом",
        ),
        courses=(
            "Основы {of}",
            "{topic}: {thing}",
            "{topic} {year}",
            "Курс {of}, {place}",
            "{topic} для начинающих: {thing}",
        ),
        modules=("Модуль {n}: {thing}", "{Thing}", "Практика {of}", "Теория {of}"),
        sentences=(
            "В этом видео: {thing} и {thing}.",
            "{person} показывает на примерах, как работает {thing}.",
            "Знание предмета «{topic}» поможет, но не обязательно.",
            "Запись: {month} {year}, {place}.",
            "Задание по теме «{thing}» лежит в кабинете курса.",
            "Запись из серии {coined}.",
            "На вопросы отвечает {person}.",
        ),
        parts="{title} (часть {n})",
        notes=("Подтянуть звук в последней трети.", "Нет субтитров.", "Ждём согласования: {person}."),
    )


@cache
def languages() -> tuple[Language, Language, Language]:
    """German, English and Russian."""
    shared = _shared()
    return _german(shared), _english(shared), _russian(shared)


class Writer:
    """Fills templates. A word at the beginning of its list comes up far more often than one at its end."""

    def __init__(self, language: Language, rng: Random) -> None:
        self.language, self._rng, self._random = language, rng, rng.random
        self._fields = language.fields
        self.year = "2026"

    def __getitem__(self, field: str) -> str:
        if field == "year":
            return self.year
        words = self._fields[field]
        return words[int(len(words) * self._random() ** 3)]

    def write(self, templates: tuple[str, ...]) -> str:
        """One of the templates, filled, with a capital first letter."""
        text = templates[int(len(templates) * self._random())].format_map(self)
        return text[0].upper() + text[1:]

    def title(self, templates: tuple[str, ...]) -> str:
        """A title: every fifth is live, some are parts of something longer."""
        text = self.write(templates)
        chance = self._random()
        if chance < 0.2:
            return f"Live: {text}"
        return self.language.parts.format(title=text, n=self["n"]) if chance < 0.35 else text

    def description(self) -> str | None:
        """One to three sentences, or none at all for every fourth video."""
        count = int(self._random() * 4)
        sentences = self._rng.sample(self.language.sentences, count)
        return " ".join(sentences).format_map(self) or None
