package com.bytefreezer.connector;

import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Secrets;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.server.HttpServer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** Interactive mode in this JVM, on a free port, and a client of its API. */
public final class RunningWorkbench implements AutoCloseable {
    /** What the client sends as its token. */
    public static final String TOKEN = "of-the-server";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Workbench workbench;
    private final int port;

    private RunningWorkbench(Workbench workbench, int port) {
        this.workbench = workbench;
        this.port = port;
    }

    /** An answer: its status, and its body as text and as JSON. */
    public record Answer(int status, String text) {
        public JsonNode json() {
            try {
                return JSON.readTree(text);
            } catch (IOException e) {
                throw new IllegalStateException(text, e);
            }
        }

        /** A text in the JSON, e.g. {@code /requests/0/body}. */
        public String text(String pointer) {
            return json().at(pointer).asText();
        }
    }

    /** On the bundled sample, unless {@code given} names another lake. */
    public static RunningWorkbench start(Path routes, Map<String, String> given) throws Exception {
        Map<String, String> all = new TreeMap<>(Map.of("server.port", "0"));
        all.putAll(given);
        Settings settings;
        try {
            settings = Settings.load(new Settings.Sources(
                    Mode.INTERACTIVE,
                    all,
                    Map.of(),
                    null,
                    Path.of(""),
                    RouteFiles.in(routes.toAbsolutePath().normalize())));
        } catch (SettingsException e) {
            throw new IllegalArgumentException(e);
        }
        Secrets secrets = new Secrets();
        settings.secrets().forEach(secrets::add);
        Workbench workbench = new Workbench(settings, secrets);
        HttpServer server = workbench.start();
        return new RunningWorkbench(workbench, server.port());
    }

    public Answer get(String path) {
        return ask("GET", path, "");
    }

    public Answer post(String path, Object body) {
        try {
            return ask("POST", path, body instanceof String text ? text : JSON.writeValueAsString(body));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    public Answer delete(String path) {
        return ask("DELETE", path, "");
    }

    private Answer ask(String method, String path, String body) {
        try {
            HttpRequest.Builder request = HttpRequest.newBuilder(
                            URI.create("http://localhost:" + port + "/api/v1/" + path))
                    .header("Authorization", "Bearer " + TOKEN)
                    .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
            if (!body.isEmpty()) {
                request.header("Content-Type", "application/json");
            }
            HttpResponse<String> answer = client.send(request.build(), BodyHandlers.ofString());
            if (answer.headers().firstValue("Authorization").isPresent()) {
                throw new AssertionError("the request's headers come back: " + answer.headers());
            }
            return new Answer(answer.statusCode(), answer.body());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        workbench.close();
    }
}
