package com.bytefreezer.connector.destination;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What people are told; as text it is JSON.
 *
 * @param about its subject
 * @param condition failing, lagging, dead-letters, no-data or nearly-full
 * @param over whether it has ended; else it has begun
 * @param since when it began
 * @param text all of it in one line, without secrets
 */
public record Notification(Subject about, String condition, boolean over, Instant since, String text) {
    private static final ObjectMapper JSON = Json.mapper();

    /**
     * What people may be told of.
     *
     * @param kind export, feed, dataset, bucket or spool
     * @param destination of an export; otherwise empty
     */
    public record Subject(String kind, String name, String destination) {
        public static Subject of(Lane lane) {
            return new Subject("export", lane.name(), lane.destination());
        }

        public static Subject of(String kind, String name) {
            return new Subject(kind, name, "");
        }

        @Override
        public String toString() {
            return "%s %s%s".formatted(kind, name, destination.isEmpty() ? "" : "/" + destination);
        }
    }

    Map<String, String> asMap() {
        Map<String, String> map = new LinkedHashMap<>();
        map.put(about.kind(), about.name());
        if (!about.destination().isEmpty()) {
            map.put("destination", about.destination());
        }
        map.put("condition", condition);
        map.put("state", over ? "over" : "begun");
        map.put("since", since.toString());
        map.put("text", text);
        return map;
    }

    /** The first words of the text. */
    public String getSubject() {
        return "ByteFreezer: " + text.replaceFirst("(: .*)?\\.?$", "");
    }

    /** As Slack's incoming webhooks take it; without its marks for links and mentions. */
    public String getSlack() {
        return json(
                Map.of("text", text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")));
    }

    @Override
    public String toString() {
        return json(asMap());
    }

    private static String json(Map<String, String> map) {
        try {
            return JSON.writeValueAsString(map);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
