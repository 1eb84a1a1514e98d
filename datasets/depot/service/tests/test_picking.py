import logging

import pytest
from depot.errors import Conflict
from depot.model import Line, Pick
from depot.picking.bins import Picker, next_batch
from depot.picking.floor import describe, metres, walking_order
from depot.store.stock import Stock


@pytest.fixture
def stock(connection, batches):
    found = Stock(connection)
    found.receive(batches)
    return found


def taken(picks):
    return [(pick.bin, pick.pieces) for pick in picks]


def test_the_oldest_batch_goes_first_then_one_that_has_enough(batches):
    assert next_batch(batches[:3], 4).lot == "L3"
    assert next_batch(batches[:2], 20).lot == "L1"
    assert next_batch(batches[:2], 5).bin == "A-003-2"
    assert next_batch(batches[1::-1], 5).bin == "A-003-2"


def test_picks_are_walked_along_the_aisles(stock):
    picks = Picker(stock).pick([Line("BOLT", 20), Line("BOOK", 2), Line("NUT", 1)])
    assert taken(picks) == [("A-003-2", 15), ("A-030-1", 2), ("B-020-1", 1), ("C-001-1", 5)]
    assert stock.available("BOLT") == 35


def test_recalled_lots_stay(stock):
    picker = Picker(stock)
    stock.recall(["L3", "L1"], "label is wrong")
    picker.refresh()
    assert [batch.lot for batch in picker.sendable("BOLT")] == ["L2"]
    with pytest.raises(Conflict, match="1 pieces are in recalled lots"):
        picker.pick([Line("NUT", 3), Line("BOLT", 11)])
    assert stock.available("NUT") == 500


def test_nothing_is_taken_where_stock_is_short(stock):
    with pytest.raises(Conflict, match="only 3 of BOOK left"):
        Picker(stock).pick([Line("NUT", 5), Line("BOOK", 4)])
    assert stock.available("NUT") == 500


def test_even_aisles_go_up_and_odd_ones_down():
    bins = ["B-002-1", "B-050-1", "A-040-2", "A-040-1", "A-002-1"]
    picks = walking_order(Pick(code, "NUT", "L1", 1) for code in bins)
    assert [pick.bin for pick in picks] == ["A-002-1", "A-040-1", "A-040-2", "B-050-1", "B-002-1"]
    assert metres(picks) == 40 + (4 + 10) + 48 + (4 + 2)


def test_picks_are_told_to_who_debugs(stock, caplog):
    with caplog.at_level(logging.DEBUG, logger="depot.picking"):
        picks = Picker(stock).pick([Line("NUT", 7)])
    told = ["7 of NUT from 500 in B-020-1 (lot L5)", f"picked {describe(picks)}"]
    assert caplog.messages == told
    assert "1.   7 x NUT (L5) from aisle B, bay 20, level 1" in caplog.text


def test_nothing_is_told_otherwise(stock, caplog):
    with caplog.at_level(logging.INFO, logger="depot.picking"):
        Picker(stock).pick([Line("NUT", 7)])
    assert not caplog.messages
