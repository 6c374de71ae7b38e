"""A result is kept while its inputs are the same objects."""

from clickit_tui.world.memo import Memo


def test_it_is_made_anew_when_an_input_is_another_object_or_the_rest_differs():
    memo: Memo[int] = Memo()
    one, twin, made = [1, 2], [1, 2], []

    def make():
        made.append(len(made))
        return len(made)

    assert twin == one
    assert [memo.of((one,), 5, make), memo.of((one,), 5, make)] == [1, 1]
    assert memo.of((twin,), 5, make) == 2
    assert memo.of((twin,), 6, make) == 3
    assert memo.of((twin, one), 6, make) == 4
    assert memo.of((twin, one), 6, make) == 4
