import threading

from workbench.widgets import ProgressBar

WAIT_S = 10


def test_what_is_quick_is_there_at_once():
    bar, told = ProgressBar(), []
    bar.latest("Adding", lambda task: 1 + 1, told.append, patience_s=WAIT_S)
    assert told == [2]


def test_of_what_is_asked_for_meanwhile_only_the_last_is_done():
    bar, told, go_on = ProgressBar(), [], threading.Event()
    bar.latest("first", lambda task: go_on.wait(WAIT_S) and "first", told.append, patience_s=0)
    assert bar.still() == {"text/plain": "first…"}
    for name in ("second", "third"):
        bar.latest(name, lambda task, name=name: name, told.append)
    assert bar.task.is_cancelled
    assert bar.task.title == "first"
    go_on.set()
    bar.finish()
    assert told == ["third"]
    assert bar.still() == {"text/plain": ""}


def test_what_fails_is_shown_and_the_next_is_done(caplog):
    bar, told, go_on = ProgressBar(), [], threading.Event()

    def fail(task):
        go_on.wait(WAIT_S)
        raise RuntimeError("no room")

    bar.latest("first", fail, told.append, patience_s=0)
    go_on.set()
    bar.finish()
    assert (bar._task["state"], bar._task["text"]) == ("failed", "RuntimeError: no room")
    assert "first failed" in caplog.text
    bar.latest("second", lambda task: "second", told.append, patience_s=WAIT_S)
    assert told == ["second"]


def test_what_was_cancelled_is_not_handed_over():
    bar, told, go_on = ProgressBar(), [], threading.Event()
    bar.latest("first", lambda task: go_on.wait(WAIT_S), told.append, patience_s=0)
    bar.cancel()
    go_on.set()
    bar.finish()
    assert told == []
    assert bar._task["state"] == "cancelled"


def test_finishing_needs_nothing_to_be_done():
    ProgressBar().finish()


def test_a_cancel_is_of_what_waits_too():
    bar, told, go_on = ProgressBar(), [], threading.Event()
    bar.latest("first", lambda task: go_on.wait(WAIT_S), told.append, patience_s=0)
    bar.latest("second", lambda task: "second", told.append)
    bar.cancel()
    go_on.set()
    bar.finish()
    assert told == []


def test_what_waits_is_not_begun_once_it_is_closed():
    bar, told, go_on = ProgressBar(), [], threading.Event()
    bar.latest("first", lambda task: go_on.wait(WAIT_S), told.append, patience_s=0)
    bar.latest("second", lambda task: "second", told.append)
    bar.close()
    go_on.set()
    bar.task.join(WAIT_S)
    assert told == []
    assert not bar.is_running


def test_a_result_may_ask_whether_all_is_done():
    bar, told = ProgressBar(), []

    def then(result):
        bar.finish()  # which would wait for itself
        told.append(result)

    bar.latest("first", lambda task: 1, then, patience_s=WAIT_S)
    assert told == [1]


def test_finish_waits_for_what_follows_too():
    for _ in range(200):
        bar, told = ProgressBar(), []
        bar.latest("first", lambda task: 1, told.append, patience_s=0)
        bar.latest("second", lambda task: 2, told.append, patience_s=0)
        bar.finish()
        assert told[-1] == 2
