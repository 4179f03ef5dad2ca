package com.bytefreezer.connector;

import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Secrets;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.SettingsException;
import com.bytefreezer.connector.testing.TestTools;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import java.util.TreeMap;

/** The API of interactive mode in this JVM, on a free port, and a client of it. */
public final class TestApi implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Workbench workbench;
    private final URI root;
    private final HttpClient client = HttpClient.newHttpClient();

    private TestApi(Workbench workbench, int port) {
        this.workbench = workbench;
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

        /** The one line that says what is wrong. */
        public String error() {
            return json().path("error").asText();
        }
    }

    public static TestApi over(Map<String, String> options) throws Exception {
        Map<String, String> all = new TreeMap<>(Map.of("server.port", "0"));
        all.putAll(options);
        RouteFiles routes = RouteFiles.in(TestTools.projectDirectory().resolve("routes"));
        Settings settings;
        try {
            settings = Settings.load(
                    new Settings.Sources(Mode.INTERACTIVE, all, Map.of(), null, TestTools.projectDirectory(), routes));
        } catch (SettingsException e) {
            throw new IllegalArgumentException(e);
        }
        Secrets secrets = new Secrets();
        settings.secrets().forEach(secrets::add);
        Workbench workbench = new Workbench(settings, secrets);
        return new TestApi(workbench, workbench.start().port());
    }

    public URI uri(String path) {
        return URI.create(root + path);
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
            HttpResponse<String> response = client.send(request.build(), BodyHandlers.ofString());
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
