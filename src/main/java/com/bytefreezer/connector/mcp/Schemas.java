package com.bytefreezer.connector.mcp;

import com.bytefreezer.connector.config.Tool;
import com.bytefreezer.connector.config.Tool.Argument;
import com.bytefreezer.connector.config.Tool.ArgumentType;
import com.bytefreezer.connector.http.OpenApi;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The arguments and answers of tools as JSON Schema; openapi.yaml and mcp/answers.yaml describe the answers. */
final class Schemas {
    private static final ObjectMapper JSON = Json.mapper();
    private static final String COMPONENT = "#/components/schemas/";
    private static final TypeReference<Map<String, Object>> MAP = new TypeReference<>() {};

    private final ObjectNode components = JSON.createObjectNode();

    Schemas() throws IOException {
        components.setAll((ObjectNode) JSON.readTree(new OpenApi().json()).at("/components/schemas"));
        try (InputStream own = Schemas.class.getResourceAsStream("/mcp/answers.yaml")) {
            components.setAll((ObjectNode) new YAMLMapper().readTree(own));
        }
    }

    /** The arguments of a tool; it takes no others. */
    static Map<String, Object> input(Tool tool) {
        Map<String, Object> properties = new LinkedHashMap<>();
        for (Argument argument : tool.arguments()) {
            Map<String, Object> property = new LinkedHashMap<>();
            property.put("type", argument.type().json);
            property.put("description", argument.description());
            if (argument.type() == ArgumentType.STRINGS) {
                property.put("items", Map.of("type", "string"));
            }
            if (!argument.choices().isEmpty()) {
                property.put("enum", argument.choices());
            }
            if (argument.byDefault() != null) {
                property.put("default", argument.byDefault());
            }
            properties.put(argument.name(), property);
        }
        List<String> required = tool.arguments().stream()
                .filter(Argument::required)
                .map(Argument::name)
                .toList();
        return Map.of("type", "object", "properties", properties, "required", required, "additionalProperties", false);
    }

    /** The answer of a tool, see {@link Answer}; without a description, {@code data} can be anything. */
    Map<String, Object> output(Tool tool) {
        ObjectNode schema = JSON.createObjectNode().put("type", "object");
        ObjectNode properties = schema.putObject("properties");
        properties.putObject("note").put("type", "string");
        properties.putObject("hint").put("type", "string").put("description", "how to get the missing part");
        schema.putArray("required").add("note").add("data");
        if (components.has(tool.returns())) {
            properties.putObject("data").put("$ref", "#/$defs/" + tool.returns());
            schema.set("$defs", definitions(tool.returns()));
        } else {
            properties.putObject("data");
        }
        return JSON.convertValue(schema, MAP);
    }

    private ObjectNode definitions(String first) {
        ObjectNode definitions = JSON.createObjectNode();
        Deque<String> open = new ArrayDeque<>(List.of(first));
        while (!open.isEmpty()) {
            String name = open.remove();
            if (!definitions.has(name)) {
                definitions.set(name, converted(components.path(name).deepCopy(), open));
            }
        }
        return definitions;
    }

    /** OpenAPI 3.0 writes {@code nullable} instead of the type null. */
    private static JsonNode converted(JsonNode schema, Deque<String> used) {
        if (schema instanceof ArrayNode array) {
            array.forEach(element -> converted(element, used));
        }
        if (schema instanceof ObjectNode object) {
            String reference = object.path("$ref").asText();
            if (reference.startsWith(COMPONENT)) {
                String name = reference.substring(COMPONENT.length());
                used.add(name);
                object.put("$ref", "#/$defs/" + name);
            }
            if (object.path("nullable").asBoolean()) {
                object.remove("nullable");
                if (object.path("type").isTextual()) {
                    String type = object.get("type").asText();
                    object.putArray("type").add(type).add("null");
                }
            }
            object.properties().forEach(member -> converted(member.getValue(), used));
        }
        return schema;
    }
}
