"""Small graph algorithms and graph surgery."""

import _wl
import networkx as nx

G = nx.gnm_random_graph(120, 500, seed=3)
nx.set_edge_attributes(G, {e: (e[0] * 7 + e[1]) % 10 + 1 for e in G.edges}, "weight")


def main():
    n = len(nx.shortest_path(G, 0)) + len(list(nx.connected_components(G)))
    n += len(dict(nx.all_pairs_shortest_path_length(G))) + len(nx.minimum_spanning_tree(G).edges)
    n += len(nx.single_source_dijkstra(G, 1)[0]) + len(nx.clustering(G)) + len(nx.core_number(G))
    H = G.copy()
    H.remove_nodes_from(range(20))
    n += len(G.subgraph(range(60)).edges) + sum(d for _, d in H.degree())
    n += len(list(nx.bfs_edges(G, 0))) + len(list(nx.dfs_preorder_nodes(G, 0)))
    return n


_wl.run(main, 3)
