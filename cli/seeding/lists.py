"""Words and parts of words in three languages, between white space. The order says nothing."""
# ruff: noqa: RUF001  Russian letters are meant.

COINED_STARTS = """
al ar bel bra cor dar del dor el er fal fen gal gor har hel in ir jor kal kor lan lor
mar mer nal nor ol or pal per quo ral ros sal sor tal tor ul ur val vel vor wel zan zor
"""
COINED_ENDS = "a ax en era ero ia ica ida ima ino ion ira is ita ium ix ola on ora oro os ova um ura us"
MONTHS_EN = "January February March April May June July August September October November December"
MONTHS_DE = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
MONTHS_RU = "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь"

TOPICS_DE = """
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
STEMS_DE = """
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
HEADS_DE = """
analyse technik lehre kunde planung prüfung steuerung forschung messung bildung theorie praxis strategie kontrolle
beratung entwicklung verwaltung gestaltung pflege übung ordnung versorgung rechnung schulung erkennung verarbeitung
aufbereitung sicherung bewertung darstellung erfassung optimierung
"""
ADJECTIVES_DE = """
Angewandte Moderne Praktische Digitale Einfache Sichere Nachhaltige Klassische Experimentelle Vergleichende Interaktive
Schnelle Regionale Internationale Kreative Systematische Betriebliche Technische Historische Politische Barrierefreie
Gemeinsame Kritische Visuelle Mobile Offene Grundlegende Vertiefende
"""
SURNAME_STARTS_DE = """
Linden Eichen Buchen Birken Rosen Stein Berg Feld Wald Bach Brunn Hoch Nieder Ober Unter Neu Alt Grün Schwarz Weiß Roth
Gold Silber Eisen Kupfer Winter Sommer Herbst Königs Kaiser Fürsten Bischofs Mühl Kirch Schloss Hof Wiesen Heide Moor
Sand Kies Tann Ahorn Erlen Ulmen Hasel Dorn Reh Hirsch Wolfs Bären Falken Adler Storch Schwan
"""
SURNAME_ENDS_DE = """
berg mann meier hof bauer bach feld mayer wald hauser brück thal stein dorfer müller schmidt leitner burg
"""
NAMES_DE = """
Anna Lukas Marie Jonas Lena Felix Sophie Paul Laura Tim Julia Max Sarah Jan Katharina Moritz Hannah David Miriam Stefan
Claudia Thomas Petra Michael Sabine Andreas Birgit Uwe Heike Jürgen Ayşe Mehmet Elif Tomasz Agnieszka Giulia Zoë
"""
PLACES_DE = """
Berlin Hamburg München Köln Frankfurt Stuttgart Düsseldorf Leipzig Dortmund Essen Bremen Dresden Hannover Nürnberg
Duisburg Bochum Wuppertal Bielefeld Bonn Münster Mannheim Karlsruhe Augsburg Wiesbaden Kiel Rostock Kassel Halle
Magdeburg Freiburg Lübeck Erfurt Mainz Jena Potsdam Göttingen Ulm Wien Graz Linz Salzburg Innsbruck Zürich Basel Bern
Luzern Winterthur Bozen Tübingen Marburg Bamberg Görlitz Weimar Flensburg Passau Konstanz
"""

TOPICS_EN = """
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
ADJECTIVES_EN = """
advanced practical modern simple applied digital creative critical visual classical comparative interactive ancient
industrial medieval organic quantum linear statistical renewable sustainable inclusive remote public private cultural
political economic social ecological chemical biological physical electrical mechanical thermal optical acoustic marine
coastal urban rural regional global local seasonal historical literary poetic dramatic musical cinematic narrative
technical clinical medical surgical dental nutritional athletic mental emotional cognitive behavioural financial fiscal
legal ethical moral philosophical logical numerical geometric algebraic random parallel distributed secure encrypted
wireless embedded autonomous robotic modular scalable responsive accessible multilingual bilingual collaborative
independent weekly annual rapid gentle hidden essential fundamental surprising everyday forgotten experimental
"""
NOUNS_EN = """
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
VERBS_EN = """
plan build test compare explain measure draw film edit record repair design improve understand teach present review
organise calculate estimate solve clean install configure debug document translate summarise evaluate
"""
SURNAME_STARTS_EN = """
Ash Birch Brook Cedar Clay Cliff Dale Edge Elm Fair Fern Field Ford Glen Gold Green Hal Hart Haw Hazel Heath High Hill
Hol Horn King Lang Lin Long Mar Mead Mill Moor Nor Oak Pem Pres Rad Raven Red Rock Row Rush Sher Silver South Stan
Stone Strat Sut Thorn Wake Wes White Wil Win Wood Wyn
"""
SURNAME_ENDS_EN = """
ford ley ton wood well field worth brook bury combe croft den ham hurst land man mere ridge shaw ward
"""
NAMES_EN = """
Emma Oliver Amelia Noah Grace Jack Chloe Harry Isla George Aisha Omar Priya Arjun Mei Chen Kofi Amara Sean Niamh Rhys
Megan Callum Fiona Daniel Rachel Samuel Hannah Victor Elena Diego Lucía Mateo Ingrid Bjørn Yuki Kenji Thandi Zainab
"""
PLACES_EN = """
London Manchester Leeds Bristol Glasgow Edinburgh Cardiff Belfast Dublin Cork Oxford Cambridge York Durham Exeter Bath
Norwich Brighton Nottingham Sheffield Boston Chicago Denver Seattle Portland Austin Atlanta Toronto Montreal Vancouver
Sydney Melbourne Perth Brisbane Auckland Wellington Nairobi Lagos Accra Johannesburg Singapore Mumbai Delhi Bangalore
"""

TOPICS_RU = """
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
ADJECTIVES_RU = """
практическ современн цифров критическ визуальн классическ сравнительн интерактивн древн промышленн органическ квантов
линейн статистическ возобновляем доступн общественн частн культурн политическ экономическ социальн экологическ
химическ биологическ физическ электрическ механическ теплов оптическ акустическ морск городск сельск региональн
глобальн местн сезонн историческ литературн поэтическ драматическ музыкальн технологическ клиническ медицинск
спортивн эмоциональн финансов налогов юридическ моральн философск логическ числов геометрическ алгебраическ случайн
параллельн распределённ безопасн беспроводн автономн модульн многоязычн совместн самостоятельн еженедельн годов
быстр скрыт важн фундаментальн удивительн забыт экспериментальн народн научн учебн творческ
"""
NOUNS_RU = """
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
VERBS_RU = """
планировать проверять сравнивать объяснять измерять рисовать снимать монтировать записывать чинить проектировать
улучшать понимать преподавать рассчитывать решать настраивать переводить обобщать оценивать
"""
SURNAMES_RU = """
Иван Петр Сидор Кузнец Алексе Андре Антон Баран Белоус Богдан Борис Василь Виноград Воробь Ворон Гаврил Герасим Голуб
Горбун Григорь Давыд Данил Дмитри Егор Ефим Жук Захар Зот Игнат Карп Климент Ковал Козл Комар Крыл Лаврентье Леон Макар
Максим Мартын Матве Мельник Мирон Михайл Наум Никола Никон Орл Осип Павл Панфил Поляк Прохор Роман Савель Семён Серге
Сокол Степан Тарас Тимофе Тихон Трофим Фёдор Филипп Абрам Агап Аким Артемь Афанась Горде Дементь Демид Евсе Елисе
Ерофе Исак Кирилл Кондрать Лук Назар Пахом Потап Самойл Сафрон Устин Харитон Шестак Яким Яковл
"""
MEN_RU = """
Дмитрий Алексей Сергей Иван Михаил Павел Андрей Николай Виктор Артём Тимур Рустам Ярослав Семён Фёдор Пётр
"""
WOMEN_RU = """
Анна Мария Елена Ольга Наталья Татьяна Светлана Ирина Юлия Людмила Дарья Алия Гульнара Оксана Вера Алёна Ксения
"""
PLACES_RU = """
Москва Петербург Новосибирск Екатеринбург Казань Челябинск Самара Омск Ростов Уфа Красноярск Воронеж Пермь Волгоград
Краснодар Саратов Тюмень Тольятти Ижевск Барнаул Иркутск Хабаровск Ярославль Владивосток Махачкала Томск Оренбург
Кемерово Рязань Астрахань Пенза Липецк Киров Чебоксары Тула Калининград Курск Ставрополь Тверь Брянск Иваново Псков
Алматы Астана Минск Гомель Бишкек Ташкент Ереван Тбилиси Кишинёв Рига Вильнюс
"""
