"""Names that are defined through each other: found before anybody follows them forever."""

from collections.abc import Iterable, Mapping


def circles(uses: Mapping[str, Iterable[str]]) -> list[tuple[str, ...]]:
    """Each circle once, as its names in their order; a name nobody defines leads nowhere."""
    done: set[str] = set()
    found: list[tuple[str, ...]] = []
    for start in uses:
        path: list[str] = []
        stack = [(start, iter(uses[start]))] if start not in done else []
        path += [start] if stack else []
        while stack:
            name, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                stack.pop()
                path.pop()
                done.add(name)
            elif following in path:
                found.append(tuple(path[path.index(following) :]))
            elif following in uses and following not in done:
                stack.append((following, iter(uses[following])))
                path.append(following)
    return found
