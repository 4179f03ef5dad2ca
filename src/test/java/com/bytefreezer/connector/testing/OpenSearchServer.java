package com.bytefreezer.connector.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** An OpenSearch node of its own, without security. Starts in about five seconds. */
public final class OpenSearchServer implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path directory = TestTools.temporaryDirectory("opensearch");
    private final URI url = URI.create("http://127.0.0.1:" + TestTools.freePort());
    private final HttpClient client = HttpClient.newHttpClient();
    private final Process process;

    private OpenSearchServer(Path installed, Path java) {
        var command = new ArrayList<>(List.of(java.toString(), "-Xmx512m"));
        command.addAll(TestTools.quickStart(installed));
        command.addAll(List.of(
                "-cp",
                installed.resolve("classes") + File.pathSeparator + installed.resolve("*"),
                "OpenSearchNode",
                directory.resolve("node").toString(),
                String.valueOf(url.getPort()),
                String.valueOf(TestTools.freePort())));
        process = ChildProcesses.startServer(
                "OpenSearch",
                new ProcessBuilder(command)
                        .redirectOutput(directory.resolve("console.log").toFile()),
                this::isReady);
    }

    public static OpenSearchServer start() {
        // Its Java is Elasticsearch's, since the project's is too old for it.
        return new OpenSearchServer(
                TestTools.openSearch(), TestTools.elasticsearch().resolve("jdk/bin/java"));
    }

    public URI url() {
        return url;
    }

    /** Asks the node; fails when it does not agree. */
    public JsonNode request(String method, String path, String json) {
        var request = HttpRequest.newBuilder(URI.create(url + path))
                .method(method, BodyPublishers.ofString(json))
                .header("Content-Type", "application/json")
                .build();
        try {
            var answer =
                    JSON.readTree(client.send(request, BodyHandlers.ofString()).body());
            if (answer.has("error")) {
                throw new IllegalStateException("%s %s: %s".formatted(method, path, answer));
            }
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** How many documents an index holds. */
    public long count(String index) {
        request("POST", "/" + index + "/_refresh", "");
        return request("GET", "/" + index + "/_count", "").path("count").asLong();
    }

    private boolean isReady() {
        try {
            return request("GET", "/_cluster/health", "").has("status");
        } catch (UncheckedIOException notYet) {
            return false;
        }
    }

    @Override
    public void close() {
        ChildProcesses.kill(process);
        TestTools.deleteFolder(directory);
    }
}
