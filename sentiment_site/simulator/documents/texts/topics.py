"""Vocabularies of topics in both families: three core terms, and about nine that keep them company.

The families overlap in part, as two writers about one subject do. A theme's documents carry two of its three core
terms; the rest of the market uses these words too, but seldom.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """core: three terms that mark it; more: terms around it; business: what a company in it says it does."""

    core: tuple[str, ...]
    more: tuple[str, ...]
    business: str


def _terms(text: str) -> tuple[str, ...]:
    return tuple(term.strip() for term in text.split(";"))


def _pair(tune: tuple[str, str, str], score: tuple[str, str, str]) -> dict[str, Topic]:
    return {
        name: Topic(_terms(core), _terms(more), business)
        for name, (core, more, business) in (("tune", tune), ("score", score))
    }


TOPICS: dict[str, dict[str, Topic]] = {
    "ai_infrastructure": _pair(
        ("AI infrastructure; GPU cluster; data center power",
         "hyperscale; inference; liquid cooling; colocation; compute capacity; AI workloads; accelerators; "
         "rack density; interconnect", "high-performance computing capacity"),
        ("AI data centers; GPU cloud; power for compute",
         "training cluster; hyperscale; megawatts; server racks; liquid cooling; AI cloud; chips; grid connection; "
         "neocloud", "space and power for machine learning"),
    ),
    "bitcoin_treasury": _pair(
        ("bitcoin treasury; digital asset reserve; BTC holdings",
         "treasury strategy; satoshi; bitcoin yield; custody; store of value; convertible notes; balance sheet; "
         "accumulation plan; mNAV", "a bitcoin reserve on its balance sheet"),
        ("bitcoin on the balance sheet; crypto treasury; coins held",
         "treasury strategy; bitcoin per share; cold storage; BTC purchases; premium to NAV; reserve asset; "
         "private placement; hodl; stacking", "a corporate coin reserve"),
    ),
    "quantum_computing": _pair(
        ("quantum computing; qubit; error correction",
         "annealing; trapped ion; quantum advantage; cryogenic; gate fidelity; post-quantum; superconducting; "
         "entanglement; photonic", "quantum processors and software"),
        ("quantum computers; logical qubits; quantum processor",
         "coherence time; quantum advantage; post-quantum encryption; neutral atoms; fault tolerant; photonic; "
         "national quantum program; error rates; cryostat", "machines that compute with atoms"),
    ),
    "nuclear_smr": _pair(
        ("small modular reactor; nuclear power; baseload",
         "HALEU; NRC license; fission; reactor design; enrichment; microreactor; offtake agreement; clean firm power; "
         "site permit", "advanced reactor components"),
        ("SMR; nuclear renaissance; reactor build-out",
         "microreactor; NRC approval; carbon-free power; fuel assemblies; HALEU; utility partners; uprates; "
         "molten salt; construction permit", "equipment for new reactors"),
    ),
    "weight_loss_drugs": _pair(
        ("GLP-1; obesity drug; weight loss",
         "oral formulation; receptor agonist; body weight; once weekly; metabolic; peptide; muscle sparing; diabetes; "
         "compounded", "metabolic medicine"),
        ("weight-loss pill; obesity treatment; incretin",
         "GLP-1; appetite; dose escalation; amylin; pounds lost; oral drug; tolerability; type 2 diabetes; "
         "telehealth prescribing", "obesity care"),
    ),
    "drones_defense": _pair(
        ("drone; unmanned systems; counter-UAS",
         "loitering munition; NDAA compliant; autonomy; ISR; swarm; Blue UAS; payload; FPV; defense contract",
         "unmanned aircraft and their payloads"),
        ("drones; autonomous aircraft; anti-drone",
         "swarms; Pentagon order; domestic supply chain; FPV; border security; jamming; tactical; airframe; autonomy",
         "small aircraft without pilots"),
    ),
    "rare_earths": _pair(
        ("rare earth; critical minerals; magnet supply",
         "neodymium; export controls; separation plant; heavy rare earths; stockpile; offtake; dysprosium; processing; "
         "price floor", "critical mineral deposits"),
        ("rare earths; strategic minerals; permanent magnets",
         "export ban; NdPr oxide; domestic mine; refining; samarium; defense stockpile; gallium; antimony; concentrate",
         "metals that magnets are made of"),
    ),
    "psychedelics": _pair(
        ("psilocybin; psychedelic therapy; treatment-resistant depression",
         "MDMA; PTSD; breakthrough designation; ketamine; LSD; dosing session; DEA schedule; clinic; Phase 3",
         "psychedelic medicine"),
        ("psychedelics; psilocybin; mental health breakthrough",
         "veterans; guided session; right to try; ibogaine; depression relapse; rescheduling; MDMA; tryptamine; "
         "clinics", "new compounds for the mind"),
    ),
    "ev_charging": _pair(
        ("EV charging; fast charger; charging network",
         "NEVI; kilowatt; DC fast; fleet electrification; utilization; plug; depot; roaming; megawatt charging",
         "charging hardware"),
        ("charging stations; EV chargers; charge points",
         "range anxiety; federal grant; NACS plug; fleet depots; fast charging; highway corridor; uptime; "
         "kilowatt hours; battery buffer", "plugs for electric cars"),
    ),
    "space": _pair(
        ("satellite launch; low Earth orbit; space economy",
         "constellation; lunar lander; payload; rideshare; direct-to-device; propulsion; ground station; "
         "orbital; debris", "hardware for orbit"),
        ("rocket launch; LEO satellites; space stocks",
         "moon mission; direct-to-cell; spectrum; launch cadence; lunar; space force; payload; reusable; constellation",
         "things that fly above the air"),
    ),
    "uranium": _pair(
        ("uranium; yellowcake; U3O8 spot price",
         "in-situ recovery; enrichment; pounds; utilities contracting; Kazakhstan; restart; conversion; mine permit; "
         "supply deficit", "uranium projects"),
        ("uranium; spot uranium; uranium miners",
         "yellowcake; term contracts; supply gap; Athabasca; mine restart; pounds per year; physical trust; "
         "sanctions; enrichment", "pounds in the ground"),
    ),
    "cannabis": _pair(
        ("cannabis rescheduling; Schedule III; marijuana",
         "280E; DEA hearing; SAFE banking; dispensary; adult use; hemp; uplisting; multi-state operator; excise",
         "licensed cannabis"),
        ("marijuana reclassification; Schedule III; weed stocks",
         "DEA; banking bill; tax relief; legalization; dispensaries; pot; hemp ban; state licenses; uplist",
         "regulated marijuana"),
    ),
    "tokenization": _pair(
        ("tokenization; stablecoin; real-world assets",
         "on-chain; ledger; settlement; tokenized treasuries; GENIUS Act; custody; digital securities; issuance; "
         "smart contract", "tokenized instruments"),
        ("tokenized assets; stablecoins; on-chain finance",
         "RWA; instant settlement; minting; payment rails; digital dollar; transfer agent; wallets; "
         "tokenized shares; blockchain", "assets moved to a ledger"),
    ),
    "robotics": _pair(
        ("humanoid robot; robotics; automation",
         "actuator; warehouse; cobot; machine vision; dexterity; embodied AI; reshoring; fleet; labor shortage",
         "industrial robots"),
        ("humanoids; robots; physical AI",
         "actuators; factory floor; pilot line; lidar; gripper; labor costs; warehouse bots; autonomy; unit cost",
         "machines that take over lifting"),
    ),
    "water_pfas": _pair(
        ("PFAS; water treatment; forever chemicals",
         "remediation; EPA rule; granular carbon; municipal; destruction; settlement; filtration; parts per trillion; "
         "wastewater", "water treatment systems"),
        ("PFAS cleanup; drinking water; forever chemicals",
         "contamination; EPA limits; filtration; class settlement; utilities; foam; membranes; destruction unit; "
         "state funding", "clean water gear"),
    ),
    "shipping_rates": _pair(
        ("freight rates; tanker; dry bulk",
         "Baltic index; charter; tonne-mile; Red Sea; time charter; newbuild; port congestion; spot fixture; "
         "orderbook", "vessels on charter"),
        ("shipping rates; tankers; container spot",
         "rerouting; day rates; canal; Capesize; fleet age; port queues; dividends; freight futures; charters",
         "ships and their cargoes"),
    ),
}  # fmt: skip

MACRO: dict[str, dict[str, Topic]] = {
    "fomc": _pair(
        ("Federal Reserve; rate cut; Treasury yields",
         "dot plot; basis points; FOMC; soft landing; press conference; terminal rate", "interest rates"),
        ("the Fed; interest rates; bond yields",
         "basis points; policy meeting; Powell successor; easing; hawkish; pivot", "monetary policy"),
    ),
    "cpi": _pair(
        ("CPI report; inflation; core prices",
         "shelter; month over month; sticky; consensus; real wages; used cars", "consumer prices"),
        ("inflation data; CPI print; price pressures",
         "hotter than expected; core goods; rents; annual rate; cooling; services", "the cost of living"),
    ),
    "tariff": _pair(
        ("tariffs; trade war; import duties",
         "retaliation; exemptions; supply chains; customs; reciprocal; negotiations", "trade policy"),
        ("tariff announcement; levies; trade tensions",
         "Beijing; carve-outs; importers; deadline; supply chain; deal hopes", "border taxes"),
    ),
    "jobs": _pair(
        ("payrolls report; unemployment rate; labor market",
         "revisions; participation; hourly earnings; jobless claims; hiring; layoffs", "employment"),
        ("jobs report; nonfarm payrolls; jobless rate",
         "wage growth; revision; slack; claims; hiring freeze; downturn", "work"),
    ),
    "government_shutdown": _pair(
        ("government shutdown; funding bill; Congress",
         "continuing resolution; furlough; federal contracts; data releases; standoff; vote", "federal funding"),
        ("shutdown; spending deal; lawmakers",
         "furloughed; stopgap; agencies closed; delayed data; Senate vote; impasse", "the budget"),
    ),
    "geopolitical": _pair(
        ("crude oil; OPEC; Strait of Hormuz",
         "barrels; supply shock; Brent; inventories; risk premium; sanctions", "energy markets"),
        ("oil prices; OPEC+; supply disruption",
         "Brent crude; per barrel; tankers; escalation; stockpiles; pump prices", "fuel"),
    ),
}  # fmt: skip


def find_topic(key: str, family: str) -> Topic | None:
    """The vocabulary of a topic in a family, None if the key names none."""
    table = TOPICS.get(key) or MACRO.get(key)
    return table[family] if table else None
