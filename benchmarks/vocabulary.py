"""The words that made-up organizations are made of."""

import unicodedata

import msgspec


class Name(msgspec.Struct, frozen=True):
    """A name as people write it, and as a login spells it."""

    shown: str
    ascii: str


def _names(text: str) -> tuple[Name, ...]:
    return tuple(Name(word, _spelled(word)) for word in text.split())


def _spelled(word: str) -> str:
    plain = word.translate(str.maketrans("łŁøØıß", "lLoOis"))
    return unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()


FIRST_NAMES = _names(
    "Aaliyah Aaron Adèle Agnieszka Ahmed Aiko Alejandro Alice Amara Anders Anika Anton Aoife Arjun Astrid Ayşe Bao "
    "Beatriz Björn Bruno Camille Carlos Chiara Chloé Dalia Daniel Deepa Diego Dmitri Eero Eilidh Elena Elif Emeka "
    "Emil Esra Fatima Femi Fiona François Freya Gabriel Giulia Grace Hamza Hana Hiro Ibrahim Ines Ingrid Ivan Jamal "
    "Jan Jasmin Jin José Julia Kaito Karim Katarzyna Keiko Kenji Kwame Lars Leïla Liam Lin Linnéa Lucía Łukasz Maja "
    "Marco María Mateo Maya Mehmet Mei Mia Mikael Ming Mohamed Nadia Naomi Ngozi Nia Nikola Noah Nour Olga Oliver "
    "Omar Oskar Paloma Pavel Petra Priya Rafael Rahul Rania Renée Rosa Ruth Sahar Samuel Sana Santiago Sara Søren "
    "Sofia Stefan Sven Tariq Thabo Tomás Ulla Valentina Victor Wei Yara Yuki Yusuf Zainab Zoë Zuzana"
)
LAST_NAMES = _names(
    "Abdullah Adeyemi Ahmadi Alvarez Andersen Aziz Bakker Banerjee Bauer Becker Bianchi Blanc Boateng Brown Bruun "
    "Carter Castillo Chen Choi Conti Costa Cruz Dahl Das Diallo Dubois Eriksson Esposito Farouk Fernández Ferrari "
    "Fischer Fontaine Fournier García Gomes González Gupta Haddad Hansen Hernández Hoffmann Horváth Huang Hussain "
    "Ibáñez Ito Ivanova Jansen Jensen Johansson Jones Kapoor Kaya Keller Khan Kim Kovács Kowalski Krüger Kumar "
    "Larsen Lefèvre Lehmann Levi Li Lind Lopes López Mäkinen Marino Martínez Mbeki Medina Mehta Meyer Mohamud "
    "Moreau Moretti Müller Murphy Nakamura Ndiaye Nguyen Nielsen Novák Nowak O'Brien Okafor Olsen Öztürk Park Patel "
    "Pereira Petrov Popescu Ramírez Rao Ricci Rojas Romano Rossi Ruiz Sahin Saito Santos Sato Schmidt Schneider "
    "Sharma Silva Singh Smith Sørensen Soto Sousa Suzuki Takahashi Tanaka Taylor Torres Tóth Tran Vargas Virtanen "
    "Vogel Wagner Walsh Wang Weber Williams Wójcik Yamamoto Yang Yıldız Zhang Ziegler Żukowski"
)
DEPARTMENTS = {
    "Engineering": ("Software engineer", "Senior software engineer", "Site reliability engineer", "platform lead"),
    "Security": ("Security engineer", "Security analyst", "security lead"),
    "Data": ("Data engineer", "Data scientist", "Analyst", "data lead"),
    "Information technology": ("Systems administrator", "Support specialist", "helpdesk lead"),
    "Finance": ("Accountant", "Controller", "Payroll specialist"),
    "People": ("Recruiter", "People partner", "Learning specialist"),
    "Sales": ("Account executive", "Sales engineer", "Sales development representative"),
    "Marketing": ("Content strategist", "Designer", "Campaign specialist"),
    "Operations": ("Operations specialist", "Shift supervisor", "Logistics planner", "logistics lead"),
    "Legal": ("Counsel", "Privacy specialist", "Contracts specialist"),
}
CITIES = ("Amsterdam", "Bengaluru", "Copenhagen", "Dublin", "Kraków", "Lagos", "Milan", "Naples", "São Paulo", "Tokyo")
GROUP_KINDS = {"team": 50, "project": 20, "aws": 10, "prod": 10, "office": 8, "tmp": 2}
"""How groups' names begin, and how many in a hundred do so."""
PRODUCTS = ("oven", "dough", "delivery", "checkout", "menu", "loyalty", "kitchen", "supply", "pricing", "billing")
TOPICS = ("admin", "readonly", "deploy", "oncall", "analytics", "mobile", "web", "data", "support", "release")
