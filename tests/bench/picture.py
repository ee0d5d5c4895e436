"""The distribution of the times of `run`, as an SVG: one panel per experiment, one curve per runtime."""

COLOURS = ("#0b7285", "#e8590c", "#5f3dc4", "#868e96", "#2b8a3e", "#c2255c")
WIDTH, HEIGHT, MARGIN = 640, 150, 40


def _curve(times, longest, top):
    """Share of the runs that were done by then."""
    points = [(MARGIN, top + HEIGHT)]
    for number, time in enumerate(sorted(times), 1):
        points.append((MARGIN + WIDTH * min(time / longest, 1), top + HEIGHT * (1 - number / len(times))))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def draw(results):
    parts, top = [], MARGIN
    for name, result in results.items():
        runs = {peer: times["run"] for peer, times in result.get("times", {}).items() if "run" in times}
        if not runs:
            continue
        longest = max(max(times) for times in runs.values())
        parts.append(f'<text x="{MARGIN}" y="{top - 8}" font-weight="bold">run, {name}: share done within ms</text>')
        parts.append(f'<rect x="{MARGIN}" y="{top}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#ced4da"/>')
        for step in range(5):
            x = MARGIN + WIDTH * step / 4
            parts.append(f'<text x="{x}" y="{top + HEIGHT + 14}" text-anchor="middle">{longest * step / 4:.1f}</text>')
        for number, (peer, times) in enumerate(runs.items()):
            colour = COLOURS[number % len(COLOURS)]
            parts.append(f'<polyline points="{_curve(times, longest, top)}" fill="none" stroke="{colour}"/>')
            parts.append(f'<text x="{MARGIN + WIDTH + 8}" y="{top + 14 + 14 * number}" fill="{colour}">{peer}</text>')
        top += HEIGHT + MARGIN + 20
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH + 3 * MARGIN}" height="{top}" '
            f'font-family="sans-serif" font-size="11">{"".join(parts)}</svg>\n')
