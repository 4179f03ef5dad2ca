package com.bytefreezer.connector.destination.elasticsearch;

import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.Map.Entry;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.http.util.EntityUtils;
import org.elasticsearch.client.Request;
import org.elasticsearch.client.Response;
import org.elasticsearch.client.ResponseException;
import org.elasticsearch.client.RestClient;

/**
 * How an index, or one that its templates would make, takes the fields of a document.
 *
 * @param where for messages: the index, or what stands for it
 * @param mappings as the server writes them
 * @param isStream whether it is a data stream
 * @param complete whether they say everything, or only the types of the fields
 * @param nobody why no index takes any record; empty if one does
 */
record IndexMapping(
        String where, JsonNode mappings, JsonNode settings, boolean isStream, boolean complete, String nobody) {
    private static final JsonNode NOTHING = Json.mapper().createObjectNode();

    /**
     * Asks for the mapping of an index, an alias or a data stream; if there is none yet, for that of its templates; and
     * without the right to it, for the types of the fields.
     *
     * @return empty if the login may see none of them
     */
    static Optional<IndexMapping> of(RestClient client, String index) throws IOException {
        Answer answer = ask(client, "GET", "/" + encoded(index));
        return switch (answer.status()) {
            case 200 -> Optional.of(ofWriteIndex(index, answer.body()));
            case 404 -> ofTemplates(client, index);
            case 401, 403 -> ofFields(client, index);
            default -> Optional.empty();
        };
    }

    private static IndexMapping ofWriteIndex(String index, JsonNode indices) {
        boolean stream = indices.path(indices.fieldNames().next()).has("data_stream");
        Optional<Entry<String, JsonNode>> write = indices.size() == 1
                ? indices.properties().stream()
                        .filter(one -> one.getValue()
                                .at("/aliases/" + pointer(index) + "/is_write_index")
                                .asBoolean(true))
                        .findFirst()
                : stream
                        // Their names end with the generation.
                        ? indices.properties().stream().max(Comparator.comparing(one -> generation(one.getKey())))
                        : indices.properties().stream()
                                .filter(one -> one.getValue()
                                        .at("/aliases/" + pointer(index) + "/is_write_index")
                                        .asBoolean(false))
                                .findFirst();
        if (write.isEmpty()) {
            return new IndexMapping(
                    "alias " + index,
                    NOTHING,
                    NOTHING,
                    false,
                    true,
                    "alias %s stands for %s, and none of them is its write index"
                            .formatted(
                                    index,
                                    indices.properties().stream()
                                            .map(Entry::getKey)
                                            .limit(5)
                                            .collect(Collectors.joining(", "))));
        }
        String name = write.get().getKey();
        JsonNode found = write.get().getValue();
        return new IndexMapping(
                (stream ? "data stream " : "index ") + index + (stream || name.equals(index) ? "" : " (" + name + ")"),
                found.path("mappings"),
                found.path("settings"),
                stream,
                true,
                "");
    }

    private static String generation(String backingIndex) {
        return backingIndex.substring(backingIndex.lastIndexOf('-') + 1);
    }

    private static Optional<IndexMapping> ofTemplates(RestClient client, String index) throws IOException {
        Answer simulated = ask(client, "POST", "/_index_template/_simulate_index/" + encoded(index));
        if (simulated.status() != 200) {
            return Optional.empty();
        }
        JsonNode template = simulated.body().path("template");
        boolean stream = isStream(client, index);
        return Optional.of(new IndexMapping(
                "%s %s, which does not exist yet,".formatted(stream ? "data stream" : "index", index),
                template.path("mappings"),
                template.path("settings"),
                stream,
                true,
                ""));
    }

    /** The simulation of OpenSearch does not say. */
    private static boolean isStream(RestClient client, String index) throws IOException {
        Answer all = ask(client, "GET", "/_index_template");
        return values(all.body().path("index_templates"))
                .map(one -> one.path("index_template"))
                .filter(one -> values(one.path("index_patterns"))
                        .anyMatch(pattern ->
                                Pattern.matches(Pattern.quote(pattern.asText()).replace("*", "\\E.*\\Q"), index)))
                .max(Comparator.comparingLong(one -> one.path("priority").asLong()))
                .filter(one -> one.has("data_stream"))
                .isPresent();
    }

    private static Optional<IndexMapping> ofFields(RestClient client, String index) throws IOException {
        Answer types = ask(client, "GET", "/%s/_field_caps?fields=*".formatted(encoded(index)));
        if (types.status() != 200) {
            return Optional.empty();
        }
        ObjectNode mappings = Json.mapper().createObjectNode();
        types.body().path("fields").properties().forEach(field -> {
            JsonNode its = field.getValue();
            if (its.size() == 1 && !field.getKey().startsWith("_")) {
                ObjectNode parent = mappings;
                for (String part : field.getKey().split("\\.")) {
                    parent = parent.withObjectProperty("properties").withObjectProperty(part);
                }
                String type = its.fieldNames().next();
                if (!type.equals("object")) {
                    parent.put("type", type);
                }
            }
        });
        return Optional.of(new IndexMapping("index " + index, mappings, NOTHING, false, false, ""));
    }

    /** A setting of the index, by its name with dots; empty text if it has its default. */
    String setting(String name) {
        return settings.at("/" + name.replace('.', '/')).asText("");
    }

    private static Stream<JsonNode> values(JsonNode list) {
        return Stream.iterate(0, at -> at < list.size(), at -> at + 1).map(list::get);
    }

    private record Answer(int status, JsonNode body) {}

    private static Answer ask(RestClient client, String method, String path) throws IOException {
        Response response;
        try {
            response = client.performRequest(new Request(method, path));
        } catch (ResponseException e) {
            return new Answer(e.getResponse().getStatusLine().getStatusCode(), NOTHING);
        }
        return new Answer(
                response.getStatusLine().getStatusCode(),
                Json.mapper().readTree(EntityUtils.toString(response.getEntity())));
    }

    private static String encoded(String index) {
        return URLEncoder.encode(index, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static String pointer(String key) {
        return key.replace("~", "~0").replace("/", "~1");
    }
}
