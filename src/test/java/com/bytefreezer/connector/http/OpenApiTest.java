package com.bytefreezer.connector.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.TestApi;
import com.bytefreezer.connector.TestApi.Answer;
import com.bytefreezer.connector.testing.TestTools;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The document of the API and its routes. */
class OpenApiTest {
    private static final String SCHEME = "platform-http:";
    private static final YAMLMapper YAML = new YAMLMapper();

    @Test
    void describesEveryRouteAndNoOther() throws IOException {
        Set<String> described = new TreeSet<>();
        document().path("paths").properties().forEach(path -> path.getValue()
                .properties()
                .forEach(method ->
                        described.add(method.getKey().toUpperCase(Locale.ROOT) + " " + anonymous(path.getKey()))));
        assertThat(routes()).isNotEmpty().containsExactlyInAnyOrderElementsOf(described);
    }

    @Test
    @Tag("slow")
    void whatIsNoRequestIsRefusedInOneLine() throws Exception {
        try (TestApi api = TestApi.over(Map.of())) {
            for (String route : routes()) {
                if (route.startsWith("POST ")) {
                    String path = route.substring("POST ".length())
                            .replace("{}/{}", "default/stdout")
                            .replace("{}", "default");
                    for (String body : List.of("null", "[1]", "\"text\"", "{", "")) {
                        Answer answer = api.post(path, body);
                        assertThat(answer.status())
                                .as("%s %s: %s", path, body, answer.text())
                                .isBetween(400, 499);
                        assertThat(answer.error()).isNotBlank().doesNotContain("\n", "java", "com.");
                    }
                }
            }
        }
    }

    @Test
    void everyReferenceLeadsSomewhere() throws IOException {
        JsonNode document = document();
        List<String> references = document.findValuesAsText("$ref");
        assertThat(references).isNotEmpty().allSatisfy(reference -> assertThat(
                        document.at(reference.substring(1)).isMissingNode())
                .as(reference)
                .isFalse());
        for (String kind : List.of("schemas", "parameters", "responses")) {
            document.at("/components/" + kind).fieldNames().forEachRemaining(name -> assertThat(references)
                    .contains("#/components/%s/%s".formatted(kind, name)));
        }
    }

    @Test
    void isTheSameInBothNotations() throws Exception {
        try (TestApi api = TestApi.over(Map.of())) {
            assertThat(YAML.readTree(api.get("/api/v1/openapi.yaml").text())).isEqualTo(document());
            assertThat(api.get("/api/v1/openapi.json").json()).isEqualTo(document());
        }
    }

    /** Besides the probes, which need no route. The page and its files are no part of the API. */
    private static Set<String> routes() throws IOException {
        Set<String> routes = new TreeSet<>(Set.of("GET /api/v1/health", "GET /api/v1/ready"));
        try (Stream<Path> files = Files.list(TestTools.projectDirectory().resolve("routes/api"))) {
            for (Path file : files.toList()) {
                for (JsonNode from : YAML.readTree(file.toFile()).findValues("from")) {
                    String path = from.path("uri").asText().replaceFirst(SCHEME, "");
                    if (path.startsWith("/api/") || path.equals("/metrics")) {
                        String methods =
                                from.at("/parameters/httpMethodRestrict").asText();
                        Stream.of(methods.split(","))
                                .filter(method -> !method.equals("HEAD"))
                                .forEach(method -> routes.add(method + " " + anonymous(path)));
                    }
                }
            }
        }
        return routes;
    }

    /** Names in a path are the reader's matter. */
    private static String anonymous(String path) {
        return path.replaceAll("\\{[^}]+}", "{}");
    }

    private static JsonNode document() throws IOException {
        try (var stream = OpenApiTest.class.getResourceAsStream("/openapi.yaml")) {
            return YAML.readTree(stream);
        }
    }
}
