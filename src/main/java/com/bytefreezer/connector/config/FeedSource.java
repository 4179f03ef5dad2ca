package com.bytefreezer.connector.config;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A feed as its file says now, whether this process has it or not.
 *
 * @param file its name in messages; empty if it is gone
 * @param parameters all of them, resolved; may hold secrets
 * @param feed what it is once it is open; empty if it is closed or wrong
 * @param problems what is wrong with it, a line each
 */
public record FeedSource(
        String file, Map<String, String> parameters, Optional<FeedDefinition> feed, List<String> problems) {
    /** A parameter; empty if it is not set. */
    public String parameter(String key) {
        return parameters.getOrDefault(key, "");
    }
}
