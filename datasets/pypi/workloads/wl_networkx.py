"""Small graph algorithms and graph surgery."""

import _wl
import networkx as nx

G = _wl.pick(
    nx.gnm_random_graph(120, 500, seed=3),
    nx.Graph([(i, (i + i * i % 11 * k + k) % 131) for i in range(131) for k in (1, 2, 5, 9)]),
)
nx.set_edge_attributes(G, {e: (e[0] * 7 + e[1]) % 10 + 1 for e in G.edges}, "weight")
TOP, START, CUT, PART = _wl.pick(
    (0, 1, range(20), range(60)), (9, 40, range(50, 75), range(0, 130, 2))
)


def main():
    n = len(nx.shortest_path(G, TOP)) + len(list(nx.connected_components(G)))
    n += len(dict(nx.all_pairs_shortest_path_length(G))) + len(nx.minimum_spanning_tree(G).edges)
    n += (
        len(nx.single_source_dijkstra(G, START)[0]) + len(nx.clustering(G)) + len(nx.core_number(G))
    )
    H = G.copy()
    H.remove_nodes_from(CUT)
    n += len(G.subgraph(PART).edges) + sum(d for _, d in H.degree())
    n += len(list(nx.bfs_edges(G, TOP))) + len(list(nx.dfs_preorder_nodes(G, TOP)))
    return n


def whole(n):
    H = G.copy()
    H.remove_nodes_from(CUT)
    out = [sorted(nx.shortest_path(G, TOP).items())]
    out += [[sorted(c) for c in nx.connected_components(G)]]
    out += [(k, sorted(v.items())) for k, v in nx.all_pairs_shortest_path_length(G)]
    out += [sorted(nx.minimum_spanning_tree(G).edges(data="weight"))]
    out += [nx.single_source_dijkstra(G, START), nx.clustering(G), nx.core_number(G)]
    out += [sorted(G.subgraph(PART).edges), dict(H.degree()), sorted(H.edges)]
    out += [list(nx.bfs_edges(G, TOP)), list(nx.dfs_preorder_nodes(G, TOP))]
    return _wl.digest(n, out)


_wl.run(main, 3, check=_wl.pick(None, whole))
