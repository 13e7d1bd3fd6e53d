"""The registry of the demo tenant: customers of a field service around Essen, Bochum and Dortmund, all made up."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoContact:
    external_id: str
    name: str
    role: str
    email: str
    phone: str


@dataclass(frozen=True)
class DemoLocation:
    external_id: str
    name: str
    street: str
    postal_code: str
    city: str
    latitude: float | None
    longitude: float | None
    access_notes: str = ""


@dataclass(frozen=True)
class DemoCustomer:
    external_id: str
    number: str
    name: str
    industry: str
    email: str
    phone: str
    locations: tuple[DemoLocation, ...]
    contacts: tuple[DemoContact, ...]


REGISTRY = (
    DemoCustomer(
        *("CUST-10042", "RRM-001", "Rhein-Ruhr Medical Supply", "Medical supply"),
        *("office@rrm.example.com", "+49 201 123400"),
        locations=(
            DemoLocation(
                *("LOC-ESSEN-01", "Essen Center", "Hachestrasse 12", "45127", "Essen", 51.451, 7.012),
                access_notes="Loading bay behind the building; ring at gate 2.",
            ),
            DemoLocation(
                "LOC-ESSEN-02", "Cold store", "Gladbecker Strasse 413", "45326", "Essen", 51.492, 7.008
            ),
        ),
        contacts=(
            DemoContact(
                *("CONT-44", "Anna Weber", "Operations Manager", "anna.weber@example.com", "+49 201 123456")
            ),
        ),
    ),
    DemoCustomer(
        *("CUST-20019", "BR-019", "Berg Retail Group", "Retail"),
        *("facility@berg-retail.example.com", "+49 234 554100"),
        locations=(
            DemoLocation(
                "LOC-BOCHUM-02", "Bochum Store", "Kortumstrasse 68", "44787", "Bochum", 51.4803, 7.2188
            ),
            DemoLocation(
                *(
                    "LOC-DORTMUND-05",
                    "Dortmund Store",
                    "Westenhellweg 102",
                    "44137",
                    "Dortmund",
                    51.5139,
                    7.4601,
                )
            ),
        ),
        contacts=(
            DemoContact(
                "CONT-71", "Murat Aydin", "Store Manager", "m.aydin@berg-retail.example.com", "+49 234 554112"
            ),
        ),
    ),
    DemoCustomer(
        *("CUST-20044", "SBK-007", "Stadtbäckerei Kemper GmbH", "Bakery"),
        *("info@kemper.example.com", "+49 201 770310"),
        locations=(
            DemoLocation(
                "LOC-ESSEN-11",
                "Bakery Rüttenscheid",
                "Rüttenscheider Straße 144",
                "45131",
                "Essen",
                51.4326,
                7.0041,
            ),
        ),
        contacts=(
            DemoContact(
                "CONT-80",
                "Sabine Kemper",
                "Managing Director",
                "s.kemper@kemper.example.com",
                "+49 201 770311",
            ),
        ),
    ),
    DemoCustomer(
        *("CUST-20051", "HLK-112", "Hellweg Logistik KG", "Logistics"),
        *("dispo@hellweg-logistik.example.com", "+49 231 889900"),
        locations=(
            DemoLocation(
                *("LOC-DORTMUND-01", "Hub North", "Bornstraße 331", "44145", "Dortmund", 51.5417, 7.4702),
                access_notes="Safety shoes and vest. Register at the barrier.",
            ),
        ),
        contacts=(
            DemoContact(
                *("CONT-85", "Jan Hoffmann", "Fleet Manager"),
                *("j.hoffmann@hellweg-logistik.example.com", "+49 231 889914"),
            ),
        ),
    ),
    DemoCustomer(
        *("CUST-20063", "ZPB-003", "Zahnarztpraxis Dr. Brinkmann", "Dental practice"),
        *("praxis@brinkmann.example.com", "+49 234 610720"),
        locations=(
            DemoLocation(
                "LOC-BOCHUM-07", "Practice", "Viktoriastraße 23", "44787", "Bochum", 51.4781, 7.2149
            ),
        ),
        contacts=(),
    ),
    DemoCustomer(
        *("CUST-20070", "PHO-201", "Phoenix Office Park GmbH & Co. KG", "Property management"),
        *("verwaltung@phoenix-office.example.com", "+49 231 470180"),
        locations=(
            DemoLocation(
                "LOC-DORTMUND-09",
                "Office Park See",
                "Hörder Burgstraße 18",
                "44263",
                "Dortmund",
                51.4889,
                7.5093,
            ),
            DemoLocation(
                "LOC-DORTMUND-10",
                "Office Park West",
                "Hochofenstraße 10",
                "44263",
                "Dortmund",
                51.4905,
                7.4925,
            ),
        ),
        contacts=(
            DemoContact(
                *("CONT-93", "Katharina Vogt", "Facility Manager"),
                *("k.vogt@phoenix-office.example.com", "+49 231 470185"),
            ),
        ),
    ),
    DemoCustomer(
        *("CUST-20088", "KWE-015", "Klinikum West Essen", "Hospital"),
        *("technik@klinikum-west.example.com", "+49 201 434100"),
        locations=(
            DemoLocation(
                *("LOC-ESSEN-20", "Main house", "Frohnhauser Straße 260", "45144", "Essen", 51.4529, 6.9721),
                access_notes="Technical desk in building C, basement.",
            ),
        ),
        contacts=(
            DemoContact(
                *("CONT-101", "Thomas Schröder", "Head of Technical Services"),
                *("t.schroeder@klinikum-west.example.com", "+49 201 434177"),
            ),
        ),
    ),
    DemoCustomer(
        *("CUST-20095", "GRU-044", "Gastro Ruhr Kältetechnik GmbH", "Catering equipment"),
        *("service@gastro-ruhr.example.com", "+49 234 330450"),
        locations=(
            DemoLocation(
                "LOC-BOCHUM-12", "Workshop", "Herner Straße 215", "44809", "Bochum", 51.5012, 7.2143
            ),
        ),
        contacts=(),
    ),
    DemoCustomer(
        *("CUST-20102", "WGB-058", "Wohnungsgenossenschaft Borsigplatz eG", "Housing"),
        *("service@wg-borsigplatz.example.com", "+49 231 982200"),
        locations=(
            DemoLocation(
                "LOC-DORTMUND-14", "Head office", "Oesterholzstraße 91", "44145", "Dortmund", 51.5265, 7.4838
            ),
        ),
        contacts=(
            DemoContact(
                *("CONT-117", "Petra Lindner", "Caretaker Services"),
                *("p.lindner@wg-borsigplatz.example.com", "+49 231 982240"),
            ),
        ),
    ),
    DemoCustomer(
        *("CUST-20110", "APO-021", "Kettwiger Apotheke am Markt", "Pharmacy"),
        *("kontakt@kettwiger-apotheke.example.com", "+49 201 882140"),
        locations=(
            DemoLocation(
                *("LOC-ESSEN-31", "Pharmacy", "Kettwiger Straße 29", "45127", "Essen", 51.4561, 7.0133),
                access_notes="Deliveries and service through the yard.",
            ),
        ),
        contacts=(
            DemoContact(
                *("CONT-131", "Miriam Kaya", "Pharmacist"),
                *("m.kaya@kettwiger-apotheke.example.com", "+49 201 882141"),
            ),
        ),
    ),
    DemoCustomer(
        *("CUST-20117", "FRI-009", "Frischmarkt Lindner KG", "Grocery"),
        *("zentrale@frischmarkt-lindner.example.com", "+49 201 559030"),
        locations=(
            DemoLocation(
                "LOC-ESSEN-34", "Market Steele", "Steeler Straße 402", "45138", "Essen", 51.4517, 7.0457
            ),
            DemoLocation(
                "LOC-ESSEN-35", "Market Altendorf", "Altendorfer Straße 210", "45143", "Essen", 51.4606, 6.987
            ),
            DemoLocation(
                *("LOC-BOCHUM-21", "Market Wattenscheid", "Oststraße 40", "44866", "Bochum", 51.4811, 7.137),
                access_notes="Cold store: ring at the ramp, badge from the office.",
            ),
        ),
        contacts=(
            DemoContact(
                *("CONT-138", "Uwe Lindner", "Owner"),
                *("u.lindner@frischmarkt-lindner.example.com", "+49 201 559031"),
            ),
        ),
    ),
    DemoCustomer(
        *("CUST-20123", "HOT-014", "Hotel Huyssen Garten", "Hotel"),
        *("technik@huyssen-garten.example.com", "+49 201 720450"),
        locations=(
            DemoLocation("LOC-ESSEN-38", "Hotel", "Huyssenallee 53", "45128", "Essen", 51.4477, 7.0112),
        ),
        contacts=(
            DemoContact(
                *("CONT-144", "Elif Demir", "House Manager"),
                *("e.demir@huyssen-garten.example.com", "+49 201 720455"),
            ),
        ),
    ),
    DemoCustomer(
        *("CUST-20131", "MVZ-002", "MVZ Bochum Süd", "Medical centre"),
        *("verwaltung@mvz-bochum-sued.example.com", "+49 234 977120"),
        locations=(
            DemoLocation(
                *(
                    "LOC-BOCHUM-24",
                    "Practice building",
                    "Hattinger Straße 259",
                    "44795",
                    "Bochum",
                    51.4575,
                    7.1927,
                ),
                access_notes="Second floor; not while patients are in room 4.",
            ),
        ),
        contacts=(
            DemoContact(
                *("CONT-151", "Dr. Paul Engel", "Head of Practice"),
                *("p.engel@mvz-bochum-sued.example.com", "+49 234 977121"),
            ),
        ),
    ),
    DemoCustomer(
        *("CUST-20138", "SPO-030", "Sportpark Castrop e. V.", "Sports club"),
        *("halle@sportpark-castrop.example.com", "+49 234 501770"),
        locations=(
            DemoLocation("LOC-BOCHUM-27", "Hall", "Castroper Straße 180", "44791", "Bochum", 51.4917, 7.2376),
            # Without coordinates: what a plan says of such a place.
            DemoLocation("LOC-BOCHUM-28", "Boathouse", "Am Uferweg", "44797", "Bochum", None, None),
        ),
        contacts=(),
    ),
    DemoCustomer(
        *("CUST-20145", "KIN-006", "Kita Königskinder gGmbH", "Day care"),
        *("leitung@kita-koenigskinder.example.com", "+49 234 338860"),
        locations=(
            DemoLocation("LOC-BOCHUM-30", "Day care", "Königsallee 178", "44799", "Bochum", 51.4598, 7.2263),
        ),
        contacts=(
            DemoContact(
                *("CONT-160", "Nina Schulte", "Director"),
                *("n.schulte@kita-koenigskinder.example.com", "+49 234 338861"),
            ),
        ),
    ),
)
