"""What made-up releases are made of: events and places, nothing about persons or quarrels."""

from __future__ import annotations

PLACES = (
    "Öskemen", "Khorugh", "Çoganly", "Bălți", "Gjirokastër", "Šibenik", "Čačak", "Türkmenabat", "Naryn",
    "Osh", "Andijan", "Győr", "Łódź", "Plzeň", "Sankt Pölten", "Évora", "León", "Malmö", "Ålesund",
    "Reykjavík", "Kraljevo", "Ohrid", "Mostar", "Brčko", "Bar", "Prizren", "Comrat", "Kutaisi",
    "Gyumri", "Lankaran", "Nukus", "Karakol", "Aktau",
)  # fmt: skip

EVENTS = (
    ("holds", "a two-day workshop"),
    ("hosts", "a round table"),
    ("opens", "a training course"),
    ("supports", "a study visit"),
    ("concludes", "a training of trainers"),
    ("presents", "a report"),
    ("organizes", "a summer school"),
    ("launches", "a guide for practitioners"),
    ("convenes", "a regional meeting"),
    ("facilitates", "an exchange visit"),
    ("hands over", "equipment for a training room"),
    ("publishes", "a handbook"),
)

NICKNAMES = (
    "“Open doors”", "“First steps”", "“Side by side”", "“Well prepared”", "“From paper to practice”",
    "“Common ground”", "‘What works’", "“Plain words”", "„Gemeinsam lernen“", "« Parlons-en »",
    "«Открытые двери»", "„Заједно“", "«Разом»", "«Бірге»",
)  # fmt: skip

AUDIENCES = (
    "young professionals", "practitioners from the regions", "local officials", "trainers",
    "teachers and librarians", "civil society", "municipal staff", "students of law",
    "women in public service", "first-line officers", "media students",
    "advisers from eleven municipalities",
)  # fmt: skip

SENTENCES = (
    "For {length} days {people} participants from {origin} and {other} met in {place} to work on {topic}.",
    "The programme covered planning, practical exercises and a review of what earlier courses had shown.",
    "Participants worked in small groups on cases that were written for the occasion.",
    "The event is one of a series of {series} that began last year and goes on until next spring.",
    "Materials were prepared in three languages and may be used again by the trainers.",
    "“We came with questions and leave with a plan,” one of the participants said at the closing session.",
    "A follow-up meeting will look at what could be put into practice and what stood in the way.",
    "Exercises were based on checklists which participants adapted to the situation in their own towns.",
    "Lecturers from {other} shared what had worked for them, and what had not.",
    "The recommendations are to be discussed with {audience} before the end of the year.",
)

RUSSIAN_TITLES = (
    "В городе {place} прошёл двухдневный семинар «Первые шаги» для преподавателей и библиотекарей",
    "Учебный курс «Открытые двери» для специалистов из регионов завершился в городе {place}",
    "Круглый стол «Простыми словами»: в городе {place} обсудили, чему научили прошлые курсы",
)

RUSSIAN_SENTENCES = (
    "В мероприятии приняли участие {people} человек; оно проходило в городе {place}.",
    "Участники работали в небольших группах над примерами, составленными специально для этой встречи.",
    "Материалы подготовлены на трёх языках, и преподаватели смогут пользоваться ими и дальше.",
    "На следующей встрече участники расскажут, что удалось применить на практике и что этому помешало.",
    "Это одна из встреч серии, которая началась в прошлом году и продолжится до весны.",
)
