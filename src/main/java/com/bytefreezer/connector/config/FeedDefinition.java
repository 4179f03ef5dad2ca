package com.bytefreezer.connector.config;

import java.util.Optional;

/**
 * A feed, as its file in {@code routes/feeds} and the settings describe it.
 *
 * @param input the name of a file in {@code routes/inputs}
 * @param datasets into which it brings events
 * @param format in which its events come, in lower case
 * @param token that its senders must have; empty for none
 */
public record FeedDefinition(
        String name, String input, DatasetChoice datasets, String format, Optional<String> token) {}
