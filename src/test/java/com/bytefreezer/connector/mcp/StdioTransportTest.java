package com.bytefreezer.connector.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.Workbench;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.testing.TestSettings;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.text.Secrets;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** An agent whose messages are all there at once. */
class StdioTransportTest {
    private static final String SLOW = """
            {"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"query","arguments":{"tenant_id":"acme",\
            "dataset_id":"syslog","sql":"SELECT count(*) FROM range(100000000) a, range(100000000) b"}}}
            """;
    private static final String CANCEL = """
            {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%d}}
            """;

    @Test
    void aCancellationHoldsForARequestThatHasNotBegun() throws Exception {
        // A query that is not cancelled is answered after this time, too.
        var settings = Settings.load(new Settings.Sources(
                Mode.MCP,
                Map.of("server.query-timeout-seconds", "5"),
                Map.of(),
                null,
                TestTools.projectDirectory(),
                TestSettings.routes(TestTools.projectDirectory().resolve("routes"))));
        var out = new ByteArrayOutputStream();
        try (var workbench = new Workbench(settings, Secrets.ofProcess())) {
            var protocol = workbench.startUnserved().getRegistry().lookupByNameAndType("mcp", Protocol.class);
            var said = new StringBuilder();
            for (int id = 1; id <= 20; id++) {
                said.append(SLOW.formatted(id)).append(CANCEL.formatted(id));
            }
            said.append("{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"ping\"}\n");
            var in = new ByteArrayInputStream(said.toString().getBytes(StandardCharsets.UTF_8));

            new StdioTransport(protocol, in, out).serve(Duration.ofMinutes(2));
        }
        assertThat(out.toString(StandardCharsets.UTF_8).lines())
                .containsExactly("{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{}}");
    }
}
