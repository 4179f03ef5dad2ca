import static org.codelibs.opensearch.runner.OpenSearchRunner.newConfigs;

import org.codelibs.opensearch.runner.OpenSearchRunner;

/** An OpenSearch node without security on the loopback address. Usage: OpenSearchNode FOLDER HTTP-PORT TRANSPORT-PORT */
public final class OpenSearchNode {
    private OpenSearchNode() {}

    public static void main(String[] arguments) throws InterruptedException {
        new OpenSearchRunner()
                .onBuild((number, settings) -> settings.put("network.host", "127.0.0.1")
                        .put("http.port", arguments[1])
                        .put("transport.port", arguments[2])
                        .put("discovery.type", "single-node")
                        // A disk that is nearly full would make indices read-only.
                        .put("cluster.routing.allocation.disk.threshold_enabled", false))
                // Of its modules only HTTP: the small Java it runs on lacks what some analyzers need.
                .build(newConfigs()
                        .clusterName("test")
                        .numOfNode(1)
                        .basePath(arguments[0])
                        .moduleTypes("org.opensearch.transport.Netty4ModulePlugin"));
        // The node's own threads do not keep the process.
        Thread.currentThread().join();
    }
}
