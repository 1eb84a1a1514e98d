import logging
import threading
import time

import pytest

from workbench.errors import SignalError, WorkbenchError
from workbench.widgets.task import Cancelled, TaskView, told_error

WAIT_S = 10


class Worker(TaskView):
    module = "flame_graph.js"

    def still(self):
        return {"text/plain": "worker"}


def states(view):
    seen = []
    view.observe(lambda change: seen.append(dict(change["new"])), "_task")
    return seen


def stoppable(began):
    def work(task):
        while True:
            task.tell("at it")
            began.set()
            time.sleep(0.002)

    return work


def test_a_result_is_handed_over_before_the_work_is_over():
    view, order = Worker(), []
    view.observe(lambda change: order.append(change["new"]), "is_running")
    task = view.begin("Adding", lambda task: 1 + 1, order.append)
    assert task.wait(WAIT_S) == 2
    assert order == [True, 2, False]
    assert view._task["state"] == "done"


def test_work_runs_in_a_thread_of_its_own():
    task = Worker().begin("Asking", lambda task: threading.current_thread().name)
    assert task.wait(WAIT_S) == "Asking"


def test_progress_is_shown_with_its_ratio():
    view, go_on = Worker(), threading.Event()
    seen = states(view)

    def work(task):
        task.tell("half way", 0.5)
        go_on.wait(WAIT_S)

    task = view.begin("Reading", work)
    for _ in range(500):
        if any(one["text"] == "half way" for one in seen):
            break
        time.sleep(0.01)
    go_on.set()
    task.wait(WAIT_S)
    assert [(one["state"], one["text"], one["ratio"]) for one in seen] == [
        ("running", "", None), ("running", "half way", 0.5), ("done", "half way", 0.5),
    ]  # fmt: skip


def test_much_progress_is_few_messages_and_the_last_word_arrives():
    view = Worker()
    seen = states(view)

    def work(task):
        for number in range(5000):
            task.tell(f"part {number}", number / 5000)

    view.begin("Counting", work).wait(WAIT_S)
    assert len(seen) < 100
    assert seen[-1]["text"] == "part 4999"


@pytest.mark.parametrize(
    ("told", "shown"),
    [(None, None), (-1, 0.0), (7.0, 1.0), (float("nan"), None), (0, 0.0)],
)
def test_a_ratio_is_from_nothing_to_all(told, shown):
    view = Worker()
    view.begin("Counting", lambda task: task.tell("so far", told)).wait(WAIT_S)
    assert view._task["ratio"] == shown


def test_a_click_on_cancel_is_heard():
    view, began, got = Worker(), threading.Event(), []
    task = view.begin("Waiting", stoppable(began), got.append)
    assert began.wait(WAIT_S)
    view._handle_custom_msg({"kind": "cancel"}, [])
    with pytest.raises(Cancelled):
        task.wait(WAIT_S)
    assert (view._task["state"], got) == ("cancelled", [])


def test_what_comes_after_a_cancel_is_not_handed_over():
    view, go_on, got = Worker(), threading.Event(), []
    task = view.begin("Sleeping", lambda task: go_on.wait(WAIT_S), got.append)
    view.cancel()
    assert task.is_cancelled
    assert task.state == "stopping"
    go_on.set()
    with pytest.raises(Cancelled):
        task.wait(WAIT_S)
    assert got == []


def test_the_next_can_begin_when_one_is_over():
    view, got = Worker(), []

    def next_one(change):
        if not change["new"] and not got:
            got.append("first")
            view.begin("Second", lambda task: got.append("second"))

    view.observe(next_one, "is_running")
    view.begin("First", lambda task: None).wait(WAIT_S)
    view.task.wait(WAIT_S)
    assert got == ["first", "second"]
    assert not view.is_running


def test_one_thing_is_done_at_a_time():
    view, began = Worker(), threading.Event()
    first = view.begin("First", stoppable(began))
    with pytest.raises(WorkbenchError, match="Second has to wait: First is being done"):
        view.begin("Second", lambda task: None)
    first.cancel()
    with pytest.raises(Cancelled):
        first.wait(WAIT_S)
    assert view.begin("Third", lambda task: 3).wait(WAIT_S) == 3


def test_an_error_of_the_workbench_is_its_words(caplog):
    view = Worker()

    def work(task):
        raise SignalError("expected a series,\n  got none")

    with pytest.raises(SignalError):
        view.begin("Judging", work).wait(WAIT_S)
    assert (view._task["state"], view._task["text"]) == ("failed", "expected a series, got none")
    assert not caplog.records


@pytest.mark.parametrize("where", ["work", "then"])
def test_an_error_that_nobody_foresaw_is_shown_and_logged(where, caplog):
    view = Worker()

    def fail(given):
        raise KeyError("start")

    work, then = (fail, print) if where == "work" else (lambda task: 1, fail)
    with caplog.at_level(logging.ERROR), pytest.raises(KeyError):
        view.begin("Judging", work, then).wait(WAIT_S)
    assert view._task["text"] == "KeyError: 'start'"
    assert caplog.records[0].exc_info[0] is KeyError
    assert view._task["state"] == "failed"


def test_a_wait_may_end_before_the_work_does():
    view, began = Worker(), threading.Event()
    task = view.begin("Waiting", stoppable(began))
    with pytest.raises(TimeoutError, match="Waiting still runs"):
        task.wait(0.01)
    task.cancel()
    with pytest.raises(Cancelled):
        task.wait(WAIT_S)


def test_to_close_a_widget_ends_its_work():
    view, began = Worker(), threading.Event()
    task = view.begin("Waiting", stoppable(began))
    assert began.wait(WAIT_S)
    view.close()
    with pytest.raises(Cancelled):
        task.wait(WAIT_S)


def test_to_cancel_where_nothing_is_done_does_nothing():
    view = Worker()
    view.cancel()
    assert view._task == {}


def test_an_error_without_words_is_its_type():
    assert told_error(AssertionError()) == "AssertionError"
    assert told_error(WorkbenchError()) == "WorkbenchError"
