"""A German and European business set: the contacts of firms, as three sources know them.

Every person and firm is made up. What real CRM exports have is in it: umlauts written three ways,
legal forms or none, academic titles, initials, nicknames, second given names, marriages, changed
employers, typing errors, missing values, role mailboxes, switchboards and addresses that a whole
firm shares, and colleagues with one family name, one given name, or both.

Family firms are frequent in it: one person in nine works with a relative whose given name is nearly the
same (Andreas and Andrea, Jan and Jana, Tim and Timo), half of these behind one extension, and one in
ninety with one who bears both names, told apart by address, mobile number, job title or `jun.` alone.
"""
import random
import re

GIVEN = """Anna Andrea Angelika Annika Antje Barbara Beate Birgit Brigitte Carolin Christa Christina
Claudia Cornelia Daniela Doris Elke Eva Franziska Gabriele Gisela Heike Helga Ingrid Jana Jennifer Julia
Karin Katharina Katrin Kerstin Kristin Laura Lea Lena Lisa Manuela Maria Marion Martina Melanie Monika
Nadine Nicole Nina Petra Renate Sabine Sandra Sarah Silke Simone Sonja Stefanie Susanne Tanja Ulrike
Ursula Vanessa Yvonne Alexander Andreas Bernd Christian Christoph Daniel David Dieter Dirk Dominik Felix
Florian Frank Friedrich Georg Gerhard Günter Günther Hans Heinz Helmut Holger Jan Jens Joachim Jochen
Johannes Jörg Jürgen Kai Karl Klaus Lars Lukas Manfred Marco Marcus Mario Markus Martin Matthias Max
Michael Moritz Nils Norbert Oliver Patrick Paul Peter Philipp Rainer Ralf Robert Rolf Rüdiger Sebastian
Stefan Steffen Sven Thomas Thorsten Tim Tobias Torsten Ulrich Uwe Volker Walter Werner Wolfgang Søren
Björn Åsa François Élodie Chloé José Íñigo Łukasz Małgorzata Zoë Zdeněk Jiří Károly Gábor Șerban Çağla
Pierre Giulia Luca Matteo Chiara Alessandro Ana João Inês Piotr Katarzyna Ewa Jean-Luc Marie-Claire
Hans-Peter Karl-Heinz Eva-Maria""".split()
FAMILY = """Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer
Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Schmitt Werner
Schmitz Krause Meier Lehmann Schmid Schulze Maier Köhler Herrmann König Walter Mayer Huber Kaiser Fuchs
Peters Lang Scholz Möller Weiß Jung Hahn Schubert Vogel Friedrich Keller Günther Frank Berger Winkler
Roth Beck Lorenz Baumann Franke Albrecht Schuster Simon Ludwig Böhm Winter Kraus Martin Schumacher Krämer
Vogt Stein Jäger Otto Sommer Groß Seidel Heinrich Brandt Haas Schreiber Graf Schulte Dietrich Ziegler
Kuhn Kühn Pohl Engel Horn Busch Bergmann Thomas Voigt Sauer Arnold Wolff Pfeiffer Öztürk Yılmaz Şahin
Nowak Kowalski Wiśniewski Wójcik Dvořák Novák Svoboda Nagy Szabó Tóth Popescu Rossi Ferrari Esposito
García Fernández Núñez Ibáñez Dubois Lefèvre Béranger Gauthier Jansen Visser Bakker Søndergaard Ødegård
Åkesson Lindström Nyström Sjöberg Grün Blümel Würtz Täuber Strauß Preiß Großmann Eßer Kießling Hößl
Ackermann Adler Ahrens Altmann Anders Appel Bach Barth Bartsch Behrens Bender Benz Berg Bischoff Blum Bock
Bode Böttcher Brinkmann Bruns Buchholz Burkhardt Conrad Decker Diehl Döring Ebert Eckert Eggers Ehlers
Erdmann Ernst Fiedler Fink Fleischer Förster Funk Gebhardt Geiger Gerlach Glaser Göbel Götz Großkopf
Hauser Heinze Heller Henning Hermann Heß Hildebrandt Hinz Jacobs Jahn Jansen Kern Kirchner Kluge Knoll
Kramer Kunz Lindner Löffler Lutz Marx Menzel Merkel Metzger Michel Naumann Noack Nolte Oswald Pape Paul
Petersen Pfeifer Raab Rau Reich Reimann Reinhardt Reuter Riedel Ritter Rose Rudolph Rupp Sander Schäfers
Schilling Schlüter Scholl Schramm Schreiner Seifert Singer Stahl Steiner Stephan Thiel Ullrich Urban Vetter
Wegner Weigel Wendt Westphal Wiese Wild Wirth Witt Wittmann Zander Zeller Zimmer""".split()
TITLES = """Geschäftsführer;Geschäftsführerin;Leiter Einkauf;Leiterin Einkauf;Einkäufer;Vertriebsleiter;
Vertriebsleiterin;Key Account Manager;Sales Manager;Projektleiter;Projektleiterin;IT-Leiter;Systemadministrator;
Assistenz der Geschäftsführung;Marketing Manager;Produktmanager;Controller;Buchhaltung;Personalreferentin;
Konstrukteur;Qualitätsmanager;Servicetechniker;Prokurist;Head of Sales;Disponent""".replace("\n", "").split(";")
WORDS = """Nord Süd Rhein Main Alpen Hansa Neckar Elbe Isar Donau Saar Ruhr Berg Tal Stern Adler Falken Löwen
Delta Omega Nova Terra Aqua Luna Solar Metro Euro Inter Trans Uni Poly Tele Opti Medi Agro Electro Thermo
Hydro Pneuma Vario Multi Prima Opta Kern Grün Blau Weiß Schwarz Gold Silber Stahl Eisen Kupfer""".split()
TRADES = """Logistik Technik Maschinenbau Anlagenbau Software Systeme Consulting Elektronik Werkzeuge Druck
Verpackung Metallbau Holzbau Immobilien Pharma Medizintechnik Spedition Kunststoffe Energie Automation
Handel Bau Textil Lebensmittel Sensorik Antriebe Pumpen Ventile Gebäudetechnik Datentechnik""".split()
FORMS = ["GmbH", "GmbH", "GmbH & Co. KG", "AG", "KG", "e.K.", "SE", "OHG", "UG (haftungsbeschränkt)", "Ltd.", "S.A.", "B.V.", "Sp. z o.o.", "S.r.l."]
CITIES = """97070 Würzburg 0931;80331 München 089;20095 Hamburg 040;50667 Köln 0221;60311 Frankfurt am Main 069;
70173 Stuttgart 0711;40210 Düsseldorf 0211;04109 Leipzig 0341;90402 Nürnberg 0911;28195 Bremen 0421;30159 Hannover 0511;
01067 Dresden 0351;44135 Dortmund 0231;45127 Essen 0201;48143 Münster 0251;76133 Karlsruhe 0721;86150 Augsburg 0821;
93047 Regensburg 0941;89073 Ulm 0731;24103 Kiel 0431;55116 Mainz 06131;99084 Erfurt 0361;18055 Rostock 0381;34117 Kassel 0561;
66111 Saarbrücken 0681;33602 Bielefeld 0521;79098 Freiburg im Breisgau 0761;78462 Konstanz 07531""".replace("\n", "").split(";")
STREETS = "Hauptstraße Bahnhofstraße Industriestraße Gartenweg Lindenallee Am Gewerbepark Daimlerstraße Siemensstraße Röntgenring Schillerplatz Mühlweg Ringstraße Dieselstraße Berliner Straße Marktplatz".replace("Am G", "Am_G").replace("Berliner S", "Berliner_S").split()
SIMILAR = [pair.split("/") for pair in """Andreas/Andrea Martin/Martina Jan/Jana Michael/Michaela Daniel/Daniela Alexander/Alexandra
Stefan/Stefanie Christian/Christiane Simon/Simone Mario/Maria Paul/Paula Manuel/Manuela Julian/Juliane Erik/Erika
Karl/Karla Robert/Roberta Gabriel/Gabriele Dominik/Dominika Viktor/Viktoria Josef/Josefa Wilhelm/Wilhelmine
Johann/Johanna Tim/Timo Marion/Mario Nina/Tina Lena/Lina Jan/Hans Jörg/Jürgen Jörg/Georg Christian/Christoph Karin/Katrin
Anna/Hanna Rolf/Ralf Marco/Marcus Jens/Jan Bernd/Gerd Lars/Lukas Sandra/Sabine Uwe/Udo Jonas/Jona Lea/Leo
Marie/Maria Julia/Julian Tina/Tim Eva/Ewa Franz/Fritz Claudia/Claudio Denis/Denise Pascal/Pascale""".split()]
# How the pairs of two people of one firm are made up.
HARD = {"nearly one name": 0.3, "one name": 0.02, "one number": 0.33, "colleagues": 0.35}
FREE = ["gmail.com", "web.de", "gmx.de", "t-online.de", "outlook.de"]
FOLD = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "å": "a", "é": "e", "è": "e", "ç": "c", "ł": "l", "ñ": "n", "á": "a", "í": "i", "ó": "o", "ś": "s", "ş": "s", "ș": "s", "ı": "i", "ğ": "g", "ř": "r", "ý": "y", "ě": "e", "ë": "e", "ê": "e", "ã": "a", "ń": "n"}
SHORT = {"Andreas": "Andi", "Alexander": "Alex", "Michael": "Michi", "Thomas": "Tom", "Matthias": "Matze", "Stefanie": "Steffi", "Susanne": "Susi", "Katharina": "Kathi", "Wolfgang": "Wolf", "Johannes": "Hannes", "Christian": "Chris", "Ulrich": "Uli", "Joachim": "Jochen", "Robert": "Rob", "Maximilian": "Max", "Sebastian": "Basti", "Gabriele": "Gabi", "Manfred": "Manni", "Tobias": "Tobi", "Philipp": "Phil"}


def ascii_of(text, bare=False):
    out = "".join(FOLD.get(c, FOLD.get(c.lower(), c).capitalize() if c.lower() in FOLD else c) for c in text)
    return "".join(c.lower() if c.isupper() and bare else c for c in out)


def local(text):
    return ascii_of(text.lower()).replace(" ", "-")


class Firm:
    def __init__(self, rng, taken):
        while True:
            kind = rng.random()
            if kind < 0.35:
                self.name = f"{rng.choice(FAMILY)} {rng.choice(TRADES)}"
            elif kind < 0.5:
                self.name = f"{rng.choice(FAMILY)} & {rng.choice(['Söhne', 'Partner', 'Co', rng.choice(FAMILY)])} {rng.choice(TRADES)}"
            else:
                self.name = f"{rng.choice(WORDS)}{rng.choice(WORDS).lower()} {rng.choice(TRADES)}"
            if self.name not in taken:
                taken.add(self.name)
                break
        self.form = rng.choice(FORMS)
        self.domain = local(self.name.replace("&", "und").replace(" ", "-")) + rng.choice([".de", ".de", ".com", ".eu", ".at", ".ch"])
        place = rng.choice(CITIES).strip()
        self.postcode, rest = place.split(" ", 1)
        self.city, self.area = rest.rsplit(" ", 1)
        self.street = f"{rng.choice(STREETS).replace('_', ' ')} {rng.randint(1, 180)}"
        self.trunk = f"{rng.randint(20000, 999999)}"
        self.mail = rng.choice(["first.last", "first.last", "f.last", "last", "first"])
        self.people = []


class Person:
    def __init__(self, rng, firm, given=None, family=None):
        self.given, self.family = given or rng.choice(GIVEN), family or rng.choice(FAMILY)
        self.second = rng.choice(GIVEN) if rng.random() < 0.08 else None
        self.prefix = rng.choice(["Dr.", "Dr.-Ing.", "Prof. Dr.", "Dipl.-Ing."]) if rng.random() < 0.12 else ""
        self.firm, self.title = firm, rng.choice(TITLES)
        self.extension = str(rng.randint(10, 999))
        self.mobile = f"+49 {rng.choice(['151', '160', '170', '171', '172', '175', '176'])} {rng.randint(1000000, 99999999)}"
        given, family = local(self.given), local(self.family)
        name = {"first.last": f"{given}.{family}", "f.last": f"{given[0]}.{family}", "last": family, "first": given}[firm.mail]
        used = {person.local for person in firm.people}
        self.local, count = name, 2
        while self.local in used:
            self.local, count = f"{name}{count}", count + 1
        self.private = f"{given}{rng.choice(['', '.', '_'])}{family}{rng.randint(1, 999)}@{rng.choice(FREE)}"
        self.generation = ""
        firm.people.append(self)


def relatives(rng, firm):
    """Two of one family whose given names are nearly the same."""
    one, other = rng.sample(rng.choice(SIMILAR), 2)
    one = Person(rng, firm, given=one)
    other = Person(rng, firm, given=other, family=one.family)
    if rng.random() < 0.5:
        other.extension = one.extension
    return [one, other]


def father_and_son(rng, firm):
    """Two of one name; each has what the other has not."""
    one = Person(rng, firm)
    other = Person(rng, firm, given=one.given, family=one.family)
    one.second = other.second = None
    while other.title[:5] == one.title[:5]:
        other.title = rng.choice(TITLES)
    other.local = rng.choice([other.local, f"{one.local}.jun", f"{local(one.given)[0]}{local(one.family)}-jun", "junior"])
    if rng.random() < 0.5:
        one.generation, other.generation = rng.choice([("sen.", "jun."), ("", "jun."), ("senior", "junior")])
    if rng.random() < 0.5:
        other.extension = one.extension
    return [one, other]


def typo(rng, text):
    if len(text) < 4:
        return text
    at = rng.randrange(1, len(text) - 1)
    return rng.choice([text[:at] + text[at + 1:], text[:at] + text[at] + text[at:],
                       text[:at] + text[at + 1] + text[at] + text[at + 2:],
                       text[:at] + rng.choice("aeinrst") + text[at + 1:]])


def written(rng, text):
    """A text as one of many writes it."""
    kind = rng.random()
    if kind < 0.55:
        return text
    if kind < 0.75:
        return ascii_of(text)
    if kind < 0.85:
        return text.upper()
    return text.replace("ü", "u").replace("ö", "o").replace("ä", "a").replace("ß", "ss")


def phone(rng, firm, extension):
    national = f"{firm.area}/{firm.trunk}{'-' + extension if extension else ''}"
    return rng.choice([national, f"+49 ({firm.area[0]}){firm.area[1:]} {firm.trunk}{'-' + extension if extension else ''}",
                       f"0049{firm.area[1:]}{firm.trunk}{extension}", f"+49{firm.area[1:]}{firm.trunk}{extension}"])


def record(rng, person, rough):
    """A person as one source knows them; `rough` (0..1) is how careless it is."""
    firm = person.firm
    given, family = person.given, person.family
    if rng.random() < 0.12 * rough:
        given = given[0] + "."
    elif rng.random() < 0.3 * rough:
        given = SHORT.get(given, given)
    if person.second and rng.random() < 0.4:
        given = f"{given} {person.second}"
    if rng.random() < 0.12 * rough:
        family = typo(rng, family)
    if rng.random() < 0.05 * rough:
        given = typo(rng, given)
    given, family = written(rng, given), written(rng, family)
    if person.generation and rng.random() < 0.7:
        family = f"{family} {person.generation}"
    elif rng.random() < 0.04 * rough:
        given, family = family, given
    row = {"given": given, "family": family, "name": ""}
    prefix = person.prefix if rng.random() < 0.6 else ""
    if rng.random() < 0.25:
        full = f"{family}, {given}" if rng.random() < 0.3 else f"{prefix} {given} {family}".strip()
        row = {"given": "", "family": "", "name": full}
    elif prefix:
        row["given"] = f"{prefix} {given}"
    kind = rng.random()
    row["email"] = "" if kind < 0.2 else f"{person.local}@{firm.domain}" if kind < 0.85 else f"info@{firm.domain}" if kind < 0.93 else person.private
    if row["email"] and rng.random() < 0.06 * rough:
        row["email"] = typo(rng, row["email"].split("@")[0]) + "@" + row["email"].split("@")[1]
    kind = rng.random()
    row["phone"] = "" if kind < 0.25 else phone(rng, firm, "" if kind < 0.5 else person.extension)
    row["mobile"] = "" if rng.random() < 0.55 else person.mobile if rng.random() < 0.5 else person.mobile.replace("+49 ", "0").replace(" ", "/")
    row["title"] = "" if rng.random() < 0.3 else person.title
    company = firm.name if rng.random() < 0.4 else f"{firm.name} {firm.form}"
    row["organization"] = "" if rng.random() < 0.06 else written(rng, company)
    if rng.random() < 0.05 * rough:
        row["organization"] = typo(rng, row["organization"])
    address = rng.random() < 0.7
    row["street"] = written(rng, firm.street.replace("straße", rng.choice(["straße", "str.", "strasse"]))) if address else ""
    row["postcode"] = firm.postcode if address else ""
    row["city"] = written(rng, firm.city) if address or rng.random() < 0.5 else ""
    row["country"] = rng.choice(["DE", "Deutschland", "Germany", ""])
    row["url"] = f"https://www.{firm.domain}/" if rng.random() < 0.3 else ""
    told = row["email"] and not row["email"].startswith("info@") or row["mobile"] or row["organization"]
    if not told:
        row["organization"] = company
    return row


def generate(size, hard, seed):
    """The records, the pairs of one person, and the pairs of two people of one firm by their kind."""
    rng = random.Random(seed)
    taken, firms, people = set(), [], []
    while len(people) < size * 0.62:
        firm = Firm(rng, taken)
        firms.append(firm)
        for _ in range(rng.choice([1, 2, 3, 4, 5, 8, 12, 20, 35])):
            kind, known = rng.random(), firm.people
            if kind > 0.94:
                people.extend(relatives(rng, firm))
            elif kind > 0.934:
                people.extend(father_and_son(rng, firm))
            elif known and kind < 0.06:
                people.append(Person(rng, firm, family=rng.choice(known).family))
            elif known and kind < 0.10:
                people.append(Person(rng, firm, given=rng.choice(known).given))
            else:
                people.append(Person(rng, firm))
    rows, truth, by_person = [], set(), {}

    def add(person, rough):
        row = {"id": f"B{len(rows):06}", **record(rng, person, rough)}
        by_person.setdefault(id(person), []).append(row["id"])
        rows.append(row)

    for person in people:
        add(person, 0.3)
    while len(rows) < size:
        person = rng.choice(people)
        if rng.random() < 0.04:
            # They work elsewhere now; what is theirs alone has come with them.
            before = person.firm
            person.firm = rng.choice(firms)
            add(person, 0.3)
            rows[-1]["mobile"] = person.mobile
            earlier = by_person[id(person)][0]
            rows[int(earlier[1:])]["mobile"] = person.mobile
            person.firm = before
        else:
            add(person, 1.0)
    for ids in by_person.values():
        truth.update((a, b) for i, a in enumerate(sorted(ids)) for b in sorted(ids)[i + 1:])
    apart = pairs_apart(rng, firms, by_person, {row["id"]: row for row in rows}, hard)
    rng.shuffle(rows)
    return rows, truth, apart


def pairs_apart(rng, firms, by_person, rows, wanted):
    """Pairs of records of two people of one firm, in the shares of `HARD`."""
    kinds = {kind: [] for kind in HARD}
    for firm in firms:
        for at, one in enumerate(firm.people):
            for other in firm.people[at + 1:]:
                similar = one.family == other.family and (
                    [one.given, other.given] in SIMILAR or [other.given, one.given] in SIMILAR)
                for a in by_person[id(one)]:
                    for b in by_person[id(other)]:
                        left, right = rows[a], rows[b]
                        same_number = left["phone"] and digits(left["phone"]) == digits(right["phone"])
                        if one.family == other.family and one.given == other.given:
                            kind = "one name" if told_apart(left, right) else None
                        else:
                            kind = "nearly one name" if similar else "one number" if same_number else "colleagues"
                        if kind:
                            kinds[kind].append(tuple(sorted((a, b))))
    apart = {}
    for kind, share in HARD.items():
        assert len(kinds[kind]) >= wanted * share, f"only {len(kinds[kind])} pairs: {kind}"
        apart[kind] = set(rng.sample(kinds[kind], int(wanted * share)))
    return apart


def digits(number):
    return "".join(c for c in number if c.isdigit()).removeprefix("0049").removeprefix("49").lstrip("0")


def told_apart(left, right):
    """Whether two records of two people of one name say anything that one person cannot be."""
    def both(column, differ=lambda one, other: one != other):
        return left[column] and right[column] and differ(left[column], right[column])

    def says(row, what):
        return re.search(rf"\b{what}", f"{row['name']} {row['given']} {row['family']}".lower())

    return (both("mobile", lambda one, other: digits(one) != digits(other))
            or both("title", lambda one, other: one[:5] != other[:5])
            or both("email", lambda one, other: "info@" not in one + other
                    and one.split("@")[1] == other.split("@")[1] and one != other)
            or says(left, "sen") and says(right, "jun") or says(left, "jun") and says(right, "sen"))
