package com.bytefreezer.connector.delivery;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.Request;
import com.bytefreezer.connector.testing.WebhookServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class OrderTest {
    @TempDir
    private Path folder;

    @Test
    void aNewRouteFileIsADestinationThatKeepsEachObjectsOrder() throws Exception {
        var routes = Routes.copyTo(folder.resolve("routes"));
        Files.writeString(routes.resolve("destinations/mine.camel.yaml"), """
                - route:
                    id: destination-mine
                    description: Posts batches in their order
                    group: destinations
                    routeConfigurationId: delivery
                    from:
                      uri: direct:destination-mine
                      steps:
                        - bean:
                            ref: deliveries
                            method: inOrder
                        - setHeader:
                            name: Content-Type
                            constant: application/x-ndjson
                        - setHeader:
                            name: X-Object
                            variable: object
                        - setHeader:
                            name: X-Batch
                            variable: batchNumber
                        - to:
                            uri: "{{destination.mine.url}}"
                """);
        try (var server = WebhookServer.start()) {
            server.replyWhen(
                    request -> request.header("X-Batch").orElseThrow().equals("0"),
                    Reply.of(200).after(Duration.ofMillis(100)));
            List<Request> refused = new ArrayList<>();
            // In the order in which they are answered, which is not quite that in which they are kept.
            server.replyWhen(request -> refused.size() < 3 && refused.add(request), Reply.of(503));

            var run = SampleExport.to(server.url(), folder)
                    .routes(routes)
                    .with("destination.type", "mine")
                    .with("destination.mine.url", server.url() + "/in")
                    .with("schedule.batch-size", 4)
                    .run();

            assertThat(run.succeeded()).isTrue();
            assertThat(server.records()).hasSize(SampleExport.RECORDS).doesNotHaveDuplicates();
            assertThat(acceptedBatches(server, refused))
                    .hasSize(SampleExport.BATCHES)
                    .allSatisfy((object, batches) ->
                            assertThat(batches).isSorted().startsWith(0).hasSizeGreaterThan(2));
        }
    }

    /** The numbers of each object's batches, as they came, without those that were refused. */
    private static Map<String, List<Integer>> acceptedBatches(WebhookServer server, List<Request> refused) {
        return server.requests().stream()
                .filter(request -> !refused.contains(request))
                .collect(groupingBy(
                        request -> request.header("X-Object").orElseThrow(),
                        mapping(OrderTest::batchNumber, toList())));
    }

    private static int batchNumber(Request request) {
        return Integer.parseInt(request.header("X-Batch").orElseThrow());
    }
}
