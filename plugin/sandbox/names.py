"""Names for people who do not exist. The two lengths have no common factor, so that pairs repeat late."""

from __future__ import annotations

FIRST = (
    "Ada", "Amir", "Ana", "Anton", "Aoife", "Beatriz", "Bilal", "Björn", "Carla", "Chidi", "Chloé", "Daniel", "Deepa",
    "Dilan", "Elena", "Emre", "Esther", "Farah", "Felix", "Fiona", "Gabriel", "Grace", "Hana", "Hugo", "Ines", "Ivan",
    "Jamal", "Jia", "Jonas", "Kaito", "Kofi", "Lars", "Leila", "Lucía", "Malik", "Maya", "Mei", "Mina", "Nadia", "Niko",
    "Noor", "Oscar", "Paula", "Priya", "Quentin", "Rosa", "Samuel", "Siobhán", "Tariq", "Tomás", "Uma", "Viktor",
    "Wanjiru", "Yara", "Yusuf", "Zoë", "Zofia", "Ximena", "Idris",
)  # fmt: skip

LAST = (
    "Abara", "Andersson", "Baptiste", "Becker", "Castillo", "Chen", "Cohen", "Costa", "Das", "Dubois", "Eriksen",
    "Fernández", "Fischer", "Fontaine", "García", "Haddad", "Hassan", "Ito", "Jansen", "Kaya", "Kim", "Kowalska",
    "Larsen", "Lind", "Mbeki", "Mensah", "Moreau", "Müller", "Nakamura", "Nguyen", "O’Brien", "Okafor", "Özdemir",
    "Papadakis", "Park", "Patel", "Petrov", "Quinn", "Rahman", "Reyes", "Rossi", "Santos", "Schmidt", "Silva", "Singh",
    "Suzuki", "Tanaka", "Taylor", "Vargas", "Wójcik", "Yilmaz", "Zhang",
)  # fmt: skip
