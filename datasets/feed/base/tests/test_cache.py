from feed.cache.keys import card_key, pool_key, search_key
from feed.cache.lru import LruCache
from feed.cache.ttl import TtlCache


def test_lru_drops_what_was_not_used_for_longest():
    cache = LruCache("x", 2)
    cache.put("a", 1)
    cache.put("b", 2)
    cache.get("a")
    cache.put("c", 3)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (1, None, 3)


def test_lru_makes_an_entry_once():
    cache, made = LruCache("x", 2), []
    for _ in range(3):
        cache.get_or_make("a", lambda: made.append(1) or "value")
    assert made == [1]
    assert (cache.n_hits, cache.n_misses) == (2, 1)


def test_ttl_entries_go_out_of_date():
    cache = TtlCache("x", 10, ttl_seconds=60)
    cache.put("a", 1, now=100)
    assert cache.get("a", now=159) == 1
    assert cache.get("a", now=160) is None


def test_ttl_cache_is_bounded():
    cache = TtlCache("x", 3, ttl_seconds=60)
    for i in range(10):
        cache.put(i, i, now=i)
    assert len(cache) <= 3
    assert cache.get(9, now=9) == 9


def test_dropped_entries_are_gone():
    lru, ttl = LruCache("x", 2), TtlCache("y", 2, 60)
    lru.put("a", 1)
    ttl.put("a", 1, now=0)
    lru.drop("a")
    ttl.drop("a")
    ttl.drop("never there")
    assert lru.get("a") is None
    assert ttl.get("a", now=0) is None


def test_keys_tell_kinds_and_users_apart():
    assert len({card_key(1), card_key(2), pool_key(1), pool_key(2)}) == 4
    assert search_key(["b", "a"], 5) == search_key(["a", "b"], 5)


def test_second_request_is_served_from_caches(client):
    client.data("HomeTimeline", user=4)
    client.data("HomeTimeline", user=4)
    caches = client.app.services.caches
    for cache in (caches.documents, caches.sessions, caches.cards, caches.pools, caches.insights):
        assert cache.n_hits > 0, cache.name
