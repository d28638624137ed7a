from arena.sdk.metrics import RequestMetrics


def test_a_request_is_counted_once_under_its_route() -> None:
    metrics = RequestMetrics()
    metrics.observe("GET", "/items/{id}", 200, 0.02)
    text = metrics.render().decode()
    assert 'arena_service_requests_total{method="GET",route="/items/{id}",status="200"} 1.0' in text
    assert 'arena_service_request_seconds_bucket{le="0.025",method="GET",route="/items/{id}"} 1.0' in text
    assert 'arena_service_request_seconds_bucket{le="0.01",method="GET",route="/items/{id}"} 0.0' in text
    assert "process_resident_memory_bytes" in text
    assert "_created" not in text


def test_a_client_cannot_make_series_with_invented_methods() -> None:
    metrics = RequestMetrics()
    for number in range(5):
        metrics.observe(f"BREW{number}", "unmatched", 405, 0.0)
    assert metrics.render().decode().count("arena_service_requests_total{") == 1


def test_two_apps_do_not_share_a_registry() -> None:
    one, other = RequestMetrics(), RequestMetrics()
    one.observe("GET", "/", 200, 0.0)
    assert b"arena_service_requests_total{" not in other.render()
