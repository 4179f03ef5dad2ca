package com.bytefreezer.connector.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator.Feature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The text of a file in {@code routes/exports/}: an export from the template in {@code routes/export.camel.yaml}. */
public final class ExportFile {
    private static final YAMLMapper YAML = YAMLMapper.builder()
            .disable(Feature.WRITE_DOC_START_MARKER)
            .disable(Feature.SPLIT_LINES)
            .enable(Feature.MINIMIZE_QUOTES)
            .enable(Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
            .enable(Feature.LITERAL_BLOCK_STYLE)
            .enable(Feature.INDENT_ARRAYS_WITH_INDICATOR)
            .build();

    private ExportFile() {}

    /** @param parameters of the template; {@code name} is one of them */
    public static String of(Map<String, String> parameters) {
        Map<String, Object> export = new LinkedHashMap<>();
        export.put("routeTemplateRef", "export");
        export.put("routeId", "export-" + parameters.get("name"));
        export.put(
                "parameters",
                parameters.entrySet().stream()
                        .map(parameter -> {
                            Map<String, String> one = new LinkedHashMap<>();
                            one.put("name", parameter.getKey());
                            one.put("value", parameter.getValue());
                            return one;
                        })
                        .toList());
        try {
            // Otherwise it would start with an indented list.
            return YAML.writeValueAsString(List.of(Map.of("templatedRoute", export)))
                    .indent(-2);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
