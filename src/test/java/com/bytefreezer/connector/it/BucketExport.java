package com.bytefreezer.connector.it;

import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.TestTools;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A connector that exports the dataset events of a bucket to a webhook each second. */
final class BucketExport {
    private BucketExport() {}

    /**
     * Starts it.
     *
     * @param environment what it has besides: where the bucket and the cursor are, and the like
     */
    static ConnectorProcess start(URI sink, String heap, Map<String, String> environment, String... arguments) {
        return ConnectorProcess.start(
                TestTools.projectDirectory(), environment(sink, environment), List.of(heap), arguments);
    }

    /** With which it starts. */
    static Map<String, String> environment(URI sink, Map<String, String> its) {
        Map<String, String> all = new TreeMap<>(Map.of(
                "DUCKDB_EXTENSION_DIRECTORY",
                TestTools.duckdbExtensions().toString(),
                "QUERY_TENANT_ID",
                "acme",
                "QUERY_DATASET_ID",
                "events",
                "QUERY_SQL",
                "SELECT n, hostname, message FROM events",
                "DESTINATION_TYPE",
                "webhook",
                "DESTINATION_WEBHOOK_URL",
                sink.toString(),
                "DESTINATION_WEBHOOK_FORMAT",
                "ndjson",
                "SCHEDULE_INTERVAL_SECONDS",
                "1",
                "SERVER_PORT",
                String.valueOf(TestTools.freePort())));
        all.putAll(its);
        return all;
    }
}
