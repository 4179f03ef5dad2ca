package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.destination.Notification.Subject;
import com.bytefreezer.connector.disk.PrivateFiles;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What people were told of feeds and packs, in a file in the spool: it belongs to this machine, as the spool does. While
 * the file cannot be written, memory has it. For one thread.
 */
final class TellingFile {
    private static final Logger LOG = LoggerFactory.getLogger(TellingFile.class);
    private static final ObjectMapper JSON = Json.mapper();
    private static final String NAME = ".alerts.json";

    private final Path file;
    private final Map<String, Map<String, Long>> told = new TreeMap<>();
    private final Map<String, Map<String, Long>> counts = new TreeMap<>();
    private boolean changed;

    /** As JSON. */
    private record Content(
            @JsonProperty("told") Map<String, Map<String, Long>> told,
            @JsonProperty("dead_letters") Map<String, Map<String, Long>> counts) {}

    /** Reads what is there. */
    TellingFile(Path folder) {
        file = folder.resolve(NAME);
        if (Files.exists(file)) {
            try {
                Content content = JSON.readValue(file.toFile(), Content.class);
                told.putAll(content.told());
                counts.putAll(content.counts());
            } catch (IOException | NullPointerException e) {
                LOG.warn(
                        "notifications: {} cannot be read ({}). What was told of feeds and packs may be told again.",
                        file,
                        Failures.describe(e));
            }
        }
    }

    /** What was told of a subject. */
    Telling.Memory of(String subject) {
        return new Telling.Memory() {
            @Override
            public Map<String, Instant> told() {
                return told.getOrDefault(subject, Map.of()).entrySet().stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, one -> Instant.ofEpochMilli(one.getValue())));
            }

            @Override
            public boolean begin(String condition, Instant since) {
                told.computeIfAbsent(subject, any -> new TreeMap<>()).put(condition, since.toEpochMilli());
                write(true);
                return true;
            }

            @Override
            public boolean end(String condition, Instant since) {
                told.getOrDefault(subject, new TreeMap<>()).remove(condition);
                write(true);
                return true;
            }
        };
    }

    /** Remembers how many dead letters a subject has, and says when there was last one more. */
    Instant count(String subject, long count, Instant now) {
        Map<String, Long> known = counts.get(subject);
        if (known == null || known.getOrDefault("count", 0L) != count) {
            long before = known == null ? 0 : known.getOrDefault("count", 0L);
            long at = count > before ? now.toEpochMilli() : known == null ? 0 : known.getOrDefault("at_ms", 0L);
            known = new TreeMap<>(Map.of("count", count, "at_ms", at));
            counts.put(subject, known);
            changed = true;
        }
        return Instant.ofEpochMilli(known.getOrDefault("at_ms", 0L));
    }

    /** Forgets all other subjects. */
    void retain(Collection<Subject> subjects) {
        Set<String> there = subjects.stream().map(Subject::toString).collect(Collectors.toSet());
        changed |= told.keySet().retainAll(there);
        changed |= counts.keySet().retainAll(there);
    }

    private void write(boolean isNew) {
        changed |= isNew;
        write();
    }

    /** Writes what has changed. */
    void write() {
        if (!changed) {
            return;
        }
        try {
            byte[] content = JSON.writeValueAsBytes(new Content(told, counts));
            PrivateFiles.write(file, content);
            changed = false;
        } catch (IOException e) {
            // A full disk is told of all the same; the next look tries again.
            LOG.debug("notifications: {}", file, e);
        }
    }
}
