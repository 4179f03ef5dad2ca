package com.bytefreezer.connector;

import com.bytefreezer.connector.app.Workbench;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.http.HttpServer;
import com.bytefreezer.connector.testing.TestSettings;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.text.Secrets;
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

/** The API in this JVM, on a free port, and a client of it. */
public final class TestApi implements AutoCloseable {
    /** What the client may send. */
    public static final String TOKEN = "the-token-of-the-server";

    private static final Path ROUTES = TestTools.projectDirectory().resolve("routes");

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Workbench workbench;
    private final URI root;
    private final String token;
    private final HttpClient client = HttpClient.newHttpClient();

    private TestApi(Workbench workbench, int port, String token) {
        this.workbench = workbench;
        this.token = token;
        root = URI.create("http://localhost:" + port);
    }

    /** An answer. */
    public record Answer(int status, String text, HttpResponse<String> response) {
        public JsonNode json() {
            try {
                return JSON.readTree(text);
            } catch (IOException e) {
                throw new AssertionError(text, e);
            }
        }

        /** A text in the JSON, e.g. {@code /requests/0/body}. */
        public String text(String pointer) {
            return json().at(pointer).asText();
        }

        /** The one line that says what is wrong. */
        public String error() {
            return json().path("error").asText();
        }
    }

    /** With the project's own routes; the client sends no token. */
    public static TestApi over(Map<String, String> options) throws Exception {
        return start(Mode.INTERACTIVE, ROUTES, options, null, false);
    }

    /** The same, and as the program does, it rehearses the first visitor's question while it starts: half a CPU second. */
    public static TestApi visited(Map<String, String> options) throws Exception {
        return start(Mode.INTERACTIVE, ROUTES, options, null, true);
    }

    /** With these routes; the client sends {@link #TOKEN}. */
    public static TestApi over(Path routes, Map<String, String> options) throws Exception {
        return start(Mode.INTERACTIVE, routes, options, TOKEN, false);
    }

    /** The API beside feeds and packs, with these routes. */
    public static TestApi ingesting(Path routes, Map<String, String> options) throws Exception {
        return start(Mode.INGEST, routes, options, null, false);
    }

    private static TestApi start(Mode mode, Path routes, Map<String, String> options, String token, boolean isVisited)
            throws Exception {
        Map<String, String> all = new TreeMap<>(Map.of("server.port", "0"));
        all.putAll(options);
        Settings settings;
        try {
            settings = Settings.load(new Settings.Sources(
                    mode, all, Map.of(), null, TestTools.projectDirectory(), TestSettings.routes(routes)));
        } catch (SettingsException e) {
            throw new IllegalArgumentException(e);
        }
        Secrets secrets = Secrets.ofProcess();
        settings.secrets().forEach(secrets::add);
        Workbench workbench = new Workbench(settings, secrets, mode);
        HttpServer server = isVisited ? workbench.start() : workbench.startUnvisited();
        return new TestApi(workbench, server.port(), token);
    }

    /** An absolute path, or one below {@code /api/v1/}. */
    public URI uri(String path) {
        return URI.create(root + (path.startsWith("/") ? "" : "/api/v1/") + path);
    }

    public Answer get(String path) {
        return send(HttpRequest.newBuilder(uri(path)));
    }

    public Answer delete(String path) {
        return send(HttpRequest.newBuilder(uri(path)).DELETE());
    }

    public Answer post(String path, Object body) {
        try {
            return send(HttpRequest.newBuilder(uri(path))
                    .header("Content-Type", "application/json")
                    .POST(BodyPublishers.ofString(body instanceof String text ? text : JSON.writeValueAsString(body))));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    public Answer send(HttpRequest.Builder request) {
        try {
            if (token != null) {
                request.header("Authorization", "Bearer " + token);
            }
            HttpResponse<String> response = client.send(request.build(), BodyHandlers.ofString());
            if (response.headers().firstValue("Authorization").isPresent()) {
                throw new AssertionError("the request's headers come back: " + response.headers());
            }
            return new Answer(response.statusCode(), response.body(), response);
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        workbench.close();
    }
}
