"""Files to positions: the template, five real brokers' exports, every mistake by row and field, twice the same."""

import datetime as dt
import random
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.kernels import export
from portfolios.kernels.import_file import FileError, ImportLimits, read_records
from portfolios.kernels.import_positions import ImportResult, import_key, parse_import
from portfolios.kernels.import_presets import BY_NAME, PRESETS, Action, action_of, find_header, make_preset
from portfolios.kernels.import_trades import Trade, net_trades
from portfolios.kernels.occ import parse_option_symbol
from portfolios.kernels.positions import Position, PositionType
from tests.conftest import SHARED_DATA

D = Decimal
TODAY = dt.date(2024, 6, 3)
BROKERS = SHARED_DATA / "reference" / "brokers"
HEAD = "ticker,quantity,entry_price,entry_date,tags\n"


def parse(text: str, **options: object) -> ImportResult:
    return parse_import(text.encode(), today=TODAY, **options)  # type: ignore[arg-type]


def problems(text: str, **options: object) -> list[tuple[int, str]]:
    found = parse(text, **options)
    assert not found.ok
    assert found.positions == ()
    assert all(problem.reason for problem in found.problems)
    return [(problem.row, problem.field) for problem in found.problems]


def test_the_requirements_template() -> None:
    found = parse(
        HEAD
        + 'AAPL,100,185.50,2024-01-19,"core, tech"\n'
        + "tsla,-50,$1,212.19,01/19/2024,\n".replace("$1,", '"$1,').replace("212.19,", '212.19",')
        + "\n"
        + "AAPL240621C00150000,-2,12.4,2024-01-19,hedge\n"
    )
    assert found.ok
    assert (found.preset, found.encoding) == ("template", "utf-8")
    aapl, tsla, call = found.positions
    assert aapl.position == Position("AAPL", PositionType.LONG, D(100), D("185.5000"), dt.date(2024, 1, 19))
    assert aapl.tags == ("core", "tech")
    assert (tsla.position.kind, tsla.position.quantity, tsla.position.entry_price) == ("SHORT", 50, D("1212.19"))
    assert (call.position.kind, call.position.underlying, call.row) == ("SC", "AAPL", 5)
    assert call.position.option == parse_option_symbol("AAPL240621C00150000")


def test_every_bad_cell_is_named_and_nothing_is_taken() -> None:
    assert problems(
        HEAD
        + "AAPL,100,185.50,2024-01-19,\n"
        + "A$PL,lots,-5,2024-02-30," + "x" * 101 + "\n"
        + ",0,1,2024-01-19,\n"
        + "MSFT,1\n"
        + "AAPL240119C00150000,1,2,2024-01-02,\n"
        + "AAPL241318C00150000,1,2,2024-01-02,\n"
        + "KO,0.00001,1,2024-01-19,\n"
        + "KO,999999999999,999999999,2024-01-19,\n"
        + "KO,1,-1,2030-01-19,\n"
        + "KO,1,-1,2024-01-19,\n"
    ) == [
        (3, "symbol"), (3, "quantity"), (3, "date"), (3, "tags"), (4, "symbol"), (5, "price"), (5, "date"),
        (6, "symbol"), (7, "symbol"), (8, "quantity"), (9, "quantity"), (9, "price"), (10, "date"), (11, "price"),
    ]  # fmt: skip


@pytest.mark.parametrize(("data", "message"), [
    (b"", "empty"), (b" \n ", "empty"), (b"\xa0", "empty"),
    (b"PK\x03\x04rest", "workbook"), (b"\xd0\xcf\x11\xe0", "workbook"), (b"%PDF-1.7 1,2", "PDF"),
    (b"a,b\0c\n1,2\n", "not text"), (b"\xff\xfea", "encoding"), (b"x\x81\x8d,\xff\n", "encoding"),
    (b"just,some,columns\n1,2,3\n", "no row has the columns"),
    (HEAD.encode(), "no position"), (HEAD.encode() + b",,,,\n", "no position"),
    (HEAD.encode() + b'A,1,1,2024-01-02,"' + b"x" * 3000 + b'"\n', "more than 2,000 characters"),
    (HEAD.encode() + b"a," * 120 + b"\n", "121 columns"),
    (b'"' + b"x" * 140_000, "cannot be split"),
])  # fmt: skip
def test_unreadable_files(data: bytes, message: str) -> None:
    found = parse_import(data, today=TODAY)
    assert [(problem.row, problem.field) for problem in found.problems] == [(0, "file")]
    assert message in found.problems[0].reason
    assert not found.ok


def test_limits() -> None:
    row = "AAPL,1,1,2024-01-02,\n"
    assert parse(HEAD + 3 * row, limits=ImportLimits(rows=3)).ok
    assert "more than 3 rows" in parse(HEAD + 4 * row, limits=ImportLimits(rows=3)).problems[0].reason
    assert "100 are allowed" in parse(HEAD + 10 * row, limits=ImportLimits(size=100)).problems[0].reason
    with pytest.raises(FileError):
        read_records(b"")


@pytest.mark.parametrize(("encoding", "name"), [
    ("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("cp1252", "cp1252"),
])  # fmt: skip
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_encodings_separators_and_line_ends(encoding: str, name: str, separator: str, ending: str) -> None:
    text = (HEAD + "AAPL,100,185.5,2024-01-19,café\n").replace(",", separator).replace("\n", ending)
    found = parse_import(text.encode(encoding), today=TODAY)
    assert found.ok
    assert found.encoding == name
    assert found.positions[0].tags == ("café",)


def test_excel_names_its_separator_and_rows_keep_their_numbers() -> None:
    found = parse("sep=;\n\n" + HEAD.replace(",", ";") + "AAPL;1,5;2,25;2024-01-19;\nKO;x;1;2024-01-19;\n")
    assert [(problem.row, problem.field) for problem in found.problems] == [(5, "quantity")]
    fine = parse("sep=;\n\n" + HEAD.replace(",", ";") + "AAPL;1,5;2,25;2024-01-19;\n")
    assert (fine.positions[0].position.quantity, fine.positions[0].position.entry_price) == (D("1.5"), D("2.25"))


def test_own_columns() -> None:
    preset = make_preset({"symbol": "Wert", "quantity": "Stück", "price": "Kurs", "date": "Datum"}, day_first=True,
                         decimal_comma=True)  # fmt: skip
    found = parse("Depot\nWert;Stück;Kurs;Datum;x\nAAPL;1.000;185,50;02.01.2024;\n", preset=preset)
    assert found.ok
    assert found.positions[0].position == Position("AAPL", PositionType.LONG, D(1000), D("185.5"), dt.date(2024, 1, 2))
    assert "symbol, quantity" in parse("a,b\n1,2\n", preset=preset).problems[0].reason
    with pytest.raises(ValueError, match="missing: \\['date'\\]"):
        make_preset({"symbol": "a", "quantity": "b", "price": "c"})
    with pytest.raises(ValueError, match="\\['colour'\\]"):
        make_preset({"symbol": "a", "quantity": "b", "price": "c", "date": "d", "colour": "e"})


def test_the_same_lot_has_the_same_key_and_twins_have_two() -> None:
    row = "AAPL,100,185.50,2024-01-19,\n"
    one, two = parse(HEAD + row + row).positions
    again = parse(HEAD + "AAPL,100.0,$185.5,Jan 19 2024,other tag\n" + row).positions
    assert [one.key, two.key] == [lot.key for lot in again]
    assert one.key != two.key
    assert one.key == import_key(one.position)
    other = parse(HEAD + "AAPL,101,185.50,2024-01-19,\n").positions[0]
    assert other.key not in (one.key, two.key)


def test_notes_say_what_was_rounded_or_assumed() -> None:
    found = parse(HEAD + "AAPL1240621C00150000,1.00005,1.23456,2024-01-19,\n").positions[0]
    assert found.notes[:2] == ("quantity rounded to 1.0000", "price rounded to 1.2346")
    assert "adjusted contract" in found.notes[2]


ETORO = "Date,Type,Details,Amount,Units,Realized Equity,Asset type\n"
IBKR = '"Buy/Sell","TradeDate","ISIN","Quantity","TradePrice","TradeMoney","CurrencyPrimary"\n'


def test_a_price_out_of_the_amount_and_a_symbol_before_its_currency() -> None:
    found = parse(ETORO + "02/01/2024 15:30:00,Open Position,SLAB/USD,27.40,0.22,4581.91,Stocks\n")
    assert found.ok and found.preset == "etoro"
    assert found.positions[0].position == Position(
        "SLAB", PositionType.LONG, D("0.2200"), D("124.5455"), dt.date(2024, 1, 2)
    )


def test_what_a_broker_does_not_say_is_refused_by_row_and_field() -> None:
    rows = (
        "02/01/2024 15:30:00,Open Position,SLAB/EUR,27.40,0.22,4581.91,Stocks\n"
        "02/01/2024 15:30:00,Open Position,SLAB/USD,27.40,0.22,4581.91,CFD\n"
        "02/01/2024 15:30:00,Open Position,,27.40,0.22,4581.91,Stocks\n"
    )
    found = parse(ETORO + rows)
    assert [(one.row, one.field) for one in found.problems] == [(2, "symbol"), (3, "asset type"), (4, "symbol")]
    assert "EUR" in found.problems[0].reason and "CFD" in found.problems[1].reason


def test_a_security_by_its_number_needs_a_known_ticker() -> None:
    rows = (
        '"BUY","20230522","US9220427424","95","93.78","8909.1","USD"\n'
        '"BUY","20230522","","100","1.08","108","USD"\n'  # an exchange of currency
    )
    unknown = parse(IBKR + rows)
    assert [(one.row, one.field) for one in unknown.problems] == [(2, "symbol")]
    assert "US9220427424" in unknown.problems[0].reason
    found = parse(IBKR + rows, tickers={"US9220427424": "VWO"})
    assert found.ok and found.ignored == ((3, "no security: an exchange of currency"),)
    assert (found.positions[0].position.symbol, found.positions[0].position.quantity) == ("VWO", 95)


def _broker(name: str) -> bytes:
    path = next((path for path in sorted(BROKERS.glob("*")) if name in path.name), Path("absent"))
    if not path.exists():
        pytest.skip("the brokers' exports are not beside the repository")
    return path.read_bytes()


@pytest.mark.real_data
@pytest.mark.parametrize(("file", "preset", "bad", "held"), [
    ("schwab", "schwab", 13, {"AVGO": ("10.0000", "168.0000"), "VNQ": None}),
    ("fidelity", "fidelity", 0, {"VT": ("200.8724", "141.8763")}),
    ("ibkr", "ibkr", 1, {"VWO": ("323.0000", "97.7602")}),
    ("trading212", "trading212", 5, {"CSCO": ("0.0291", "49.9600"), "VICI": None, "ASTS": None}),
    ("etoro", "etoro", 6, {"AMD": None, "SLAB": ("0.2196", "124.6499"), "SWKS": None}),
])  # fmt: skip
def test_real_exports(file: str, preset: str, bad: int, held: dict[str, tuple[str, str] | None]) -> None:
    data, today = _broker(file), dt.date(2026, 8, 1)
    tickers = {"US9220427424": "VWO", "CH0111762537": "ABB"}
    first = parse_import(data, today=today, tickers=tickers)
    assert first.preset == preset
    assert len(first.problems) == bad
    assert first.ok == (bad == 0)
    # the user leaves out what the file cannot say
    found = parse_import(data, today=today, tickers=tickers, skip_rows={problem.row for problem in first.problems})
    assert found.ok
    lots = {one.position.symbol: one.position for one in found.positions}
    for symbol, numbers in held.items():
        assert lots[symbol].kind is PositionType.LONG
        if numbers:
            assert (lots[symbol].quantity, lots[symbol].entry_price) == (D(numbers[0]), D(numbers[1]))
    assert found.ignored
    assert parse_import(data, today=today, tickers=tickers, skip_rows={p.row for p in first.problems}) == found


@pytest.mark.real_data
def test_real_exports_say_why() -> None:
    today = dt.date(2026, 8, 1)
    reasons = {problem.row: problem.reason for problem in parse_import(_broker("schwab"), today=today).problems}
    assert "more than the file opened" in reasons[34]
    assert "of which the file bought none" in reasons[110]
    assert "enter it by hand" in reasons[111]
    assert "only USD" in parse_import(_broker("ibkr"), today=today, tickers={"CH0111762537": "ABB"}).problems[0].reason
    assert "gives no ticker" in parse_import(_broker("ibkr"), today=today).problems[0].reason
    assert any("long or short" in problem.reason for problem in parse_import(_broker("etoro"), today=today).problems)


SCHWAB = "Date,Action,Symbol,Description,Quantity,Price,Fees & Comm,Amount\n"


def test_trades_of_options_and_shorts() -> None:
    found = parse(
        SCHWAB
        + "05/03/2024,Buy to Close,AAPL 06/21/2024 150.00 C,x,1,$5.00,$0.65,-$500.65\n"
        + '05/02/2024,Sell to Open,AAPL 06/21/2024 150.00 C,x,3,$4.00,$1.95,"$1,198.05"\n'
        + "05/02/2024,Sell Short,KO,x,-10,$60.00,,$600.00\n"
        + "05/01/2024,Buy,KO,x,10,$61.00,,-$610.00\n"
        + "05/01/2024,Sell,KO,x,10,$61.00,,$610.00\n"
        + "05/01/2024,Advisor Fee,,x,,,,-$10.00\n"
    )
    # newest first: within May 1 the sale stands above its purchase in such a file, here it does not
    assert [(problem.row, problem.field) for problem in found.problems] == [(6, "quantity")]
    fine = parse(
        SCHWAB
        + "05/03/2024,Buy to Close,AAPL 06/21/2024 150.00 C,x,1,$5.00,$0.65,-$500.65\n"
        + '05/02/2024,Sell to Open,AAPL 06/21/2024 150.00 C,x,3,$4.00,$1.95,"$1,198.05"\n'
        + "05/02/2024,Sell Short,KO,x,-10,$60.00,,$600.00\n"
    )
    assert fine.ok
    assert [(one.position.kind, one.position.quantity) for one in fine.positions] == [("SC", 2), ("SHORT", 10)]
    assert fine.positions[0].position.entry_price == 4


@pytest.mark.parametrize(("row", "field"), [
    ("05/02/2024,Buy,KO,x,100,$60.00,,-$600.00", "price"),  # a misread quantity does not make the amount
    ("05/02/2024,Buy,KO,x,10,,,-$600.00", "price"),
    ("05/02/2024,Buy,KO,x,ten,$60,,", "quantity"),
    ("05/02/2024,Buy,,x,10,$60,,", "symbol"),
    (",Buy,KO,x,10,$60,,", "date"),
    ("05/02/2024,Frobnicate,KO,x,10,$60,,", "action"),
    ("05/02/2024,Stock Merger,KO,x,10,,,", "action"),
    ("05/02/2024,Stock Split,KO,x,10,,,", "quantity"),
    ("05/02/2024,Buy to Cover,KO,x,10,$60,,", "quantity"),
    ("05/02/2024,Buy,AAPL 01/19/2024 150.00 C,x,1,$5.00,,", "symbol"),
])  # fmt: skip
def test_trades_that_cannot_be_taken(row: str, field: str) -> None:
    assert problems(SCHWAB + row + "\n") == [(2, field)]


def trade(row: int, action: Action, quantity: str, price: str, day: int) -> Trade:
    return Trade(row, "KO", None, action, D(quantity), D(price), dt.date(2024, 5, day))


def test_average_cost() -> None:
    """Buy 10 at 60 and 30 at 64: 40 at 63; sell 20: 20 at 63; a split adds 20: 40 at 31.50."""
    trades = [
        trade(1, Action.BUY, "10", "60", 1), trade(2, Action.BUY, "30", "64", 2), trade(3, Action.SELL, "20", "99", 3),
        trade(4, Action.ADD, "20", "0", 4),
    ]  # fmt: skip
    (held,), gaps = net_trades(trades)
    assert gaps == []
    assert (held.quantity, held.price, held.date) == (40, D("31.5"), dt.date(2024, 5, 1))
    assert net_trades(list(reversed(trades))) == ([held], [])


def test_closing_crossing_and_gaps() -> None:
    buy, sell = trade(1, Action.BUY, "10", "60", 1), trade(2, Action.SELL, "10", "61", 2)
    assert net_trades([buy, sell]) == ([], [])
    over = trade(3, Action.SELL, "15", "61", 2)
    assert net_trades([buy, over])[1][0][0] == 3
    (short,), gaps = net_trades([buy, over], sell_opens_short=True)
    assert (short.quantity, short.price, short.date, gaps) == (-5, 61, dt.date(2024, 5, 2), [])
    (added,), _ = net_trades([trade(1, Action.SHORT, "10", "60", 1), trade(2, Action.ADD, "10", "0", 2)])
    assert (added.quantity, added.price) == (-20, 30)
    (back,), _ = net_trades([trade(1, Action.SHORT, "10", "60", 1), trade(2, Action.BUY, "15", "50", 2)])
    assert (back.quantity, back.price) == (5, 50)
    assert net_trades([trade(1, Action.SHORT, "10", "60", 1), trade(2, Action.COVER, "15", "50", 2)])[1][0][
        1
    ].startswith("covers 5 KO")
    assert net_trades([buy, trade(2, Action.SELL, "9.99999", "61", 2)]) == ([], [])
    assert net_trades([]) == ([], [])


def test_actions() -> None:
    schwab = BY_NAME["schwab"]
    assert action_of(schwab, "Sell  Short") is Action.SHORT
    assert action_of(schwab, "Sell") is Action.SELL
    assert action_of(schwab, "Selling") is None
    assert action_of(BY_NAME["trading212"], "Dividend (Dividend)") is Action.IGNORE
    assert len({preset.name for preset in PRESETS}) == len(PRESETS)
    assert find_header([["x"]] * 50) is None


def test_export_runs_nothing_and_is_read_back() -> None:
    risky = ("=1+1", "+A", "-A", "@x", "\tx", " =x", "＝x", "'x", "|x", "%x", "ok", "a=b")
    assert [export.safe_cell(text) for text in risky] == [
        "'=1+1", "'+A", "'-A", "'@x", "'\tx", "' =x", "'＝x", "''x", "'|x", "'%x", "ok", "a=b",
    ]  # fmt: skip
    assert export.safe_cell("a\r\nb\0") == "a  b"
    assert [export.safe_cell(value) for value in (D("-5.10"), -5, 1.5, None, dt.date(2024, 1, 2), D("1E+3"))] == [
        "-5.10", "-5", "1.5", "", "2024-01-02", "1000",
    ]  # fmt: skip
    lots = parse(
        HEAD + "AAPL,-100,185.50,2024-01-19,\"=cmd|' /C calc'!A0, +plus\"\nAAPL240621P00150000,2,1,2024-01-02,\n"
    )
    text = export.render_positions((one.position, one.tags) for one in lots.positions)
    assert ",=" not in text
    assert '"=' not in text
    back = parse(text)
    assert [(one.position, one.tags, one.key) for one in back.positions] == [
        (one.position, one.tags, one.key) for one in lots.positions
    ]


def test_the_template_can_be_imported() -> None:
    found = parse_import(export.render_template().encode(), today=dt.date(2024, 6, 3))
    assert found.ok
    assert [one.position.kind for one in found.positions] == ["LONG", "SHORT", "LP"]


GOOD = (
    HEAD + "AAPL,100,185.50,2024-01-19,core\nTSLA,-50,212.19,2024-01-19,\nSPY240621P00450000,2,12.40,2024-01-19,x\n"
).encode()


def test_a_thousand_malformed_files_raise_nothing_and_take_nothing() -> None:
    rng = random.Random(7)
    sound = parse_import(GOOD, today=TODAY)
    assert sound.ok
    refused = 0
    for _ in range(1000):
        data = bytearray(GOOD)
        for _ in range(rng.randrange(1, 12)):
            place = rng.randrange(len(data))
            choice = rng.randrange(3)
            if choice == 0:
                data[place] = rng.randrange(256)
            elif choice == 1:
                del data[place : place + rng.randrange(1, 9)]
            else:
                data[place:place] = bytes(rng.choice([b",", b'"', b"\n", b"\0", b"\xff", b"-", b"$", b"9" * 30, b";"]))
        found = parse_import(bytes(data), today=TODAY)
        assert found.ok != bool(found.problems)
        assert found.ok or not found.positions
        refused += not found.ok
    assert refused > 500


@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    found = parse_import(data, today=TODAY)
    assert found.ok or found.problems


TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=20)


@given(st.lists(st.tuples(st.decimals("0.0001", "99999", places=4), st.decimals("0", "99999", places=4), st.booleans(),
                          st.lists(TEXT, max_size=3)), min_size=1, max_size=6))  # fmt: skip
def test_export_and_import_are_inverse(rows: list[tuple[D, D, bool, list[str]]]) -> None:
    lots = []
    for quantity, price, owned, texts in rows:
        names = {" ".join(text.replace(",", "").replace(";", "").split()) for text in texts}
        tags = tuple({name.casefold(): name for name in sorted(names) if name}.values())
        kind = PositionType.LONG if owned else PositionType.SHORT
        lots.append((Position("AAPL", kind, quantity, price, dt.date(2024, 1, 19)), tags))
    text = export.render_positions(lots)
    for line in text.splitlines()[1:]:
        assert line.startswith("AAPL,")
    found = parse(text)
    assert found.problems == ()
    assert [(one.position, one.tags) for one in found.positions] == lots
    assert len({one.key for one in found.positions}) == len(lots)
