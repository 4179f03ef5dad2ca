package com.bytefreezer.connector.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The configuration file of the platform's packer, understood as it is. docs/migrate.md lists its keys.
 *
 * @param settings what it says, in the names of settings
 * @param withoutEffect its keys that mean nothing here, as they are written in the file save for the underscores
 */
record PackerFile(Map<String, String> settings, Set<String> withoutEffect) {
    /** The settings that its keys have become; a key that is not here may be a setting itself. */
    static final Map<String, String> RENAMED = Map.ofEntries(
            Map.entry("server.api-port", "server.port"),
            Map.entry("bytefreezer.spool-path", "spool.folder"),
            Map.entry("control-service.base-url", "control.url"),
            Map.entry("control-service.control-url", "control.url"),
            Map.entry("control-service.api-key", "control.api-key"),
            Map.entry("control-service.account-id", "control.account-id"),
            Map.entry("control-service.timeout-seconds", "control.timeout-seconds"),
            Map.entry("s3source.bucket-name", "s3source.bucket"),
            Map.entry("s3source.ssl", "s3source.use-ssl"),
            Map.entry("s3destination.bucket-name", "s3.bucket"),
            Map.entry("s3destination.region", "s3.region"),
            Map.entry("s3destination.endpoint", "s3.endpoint"),
            Map.entry("s3destination.access-key", "s3.access-key"),
            Map.entry("s3destination.secret-key", "s3.secret-key"),
            Map.entry("s3destination.ssl", "s3.use-ssl"),
            Map.entry("parquet.max-file-size-mb", "pack.max-file-size-mb"),
            Map.entry("parquet.timeout-seconds", "pack.timeout-seconds"),
            Map.entry("parquet.compression", "pack.compression"),
            Map.entry("parquet.keep-source", "s3source.keep-source"),
            Map.entry("parquet.memory-buffer-mb", "pack.memory-mb"));

    /** Keys that mean something together with others. */
    static final Set<String> DECIDING = Set.of(
            "control-service.enabled",
            "s3source.use-iam-role",
            "uploadpool.cleanup-source-files",
            "logging.encoding",
            "s3destination.use-iam-role");

    /** Keys, and beginnings of keys, without effect. */
    static final List<String> WITHOUT = List.of(
            "app.",
            "bytefreezer.controller",
            "bytefreezer.cache-path",
            "parquet.streaming-mode",
            "parquet.checkpoint-records",
            "parquet.atomic-upload",
            "uploadpool.worker-count",
            "housekeeping.",
            "otel.",
            "soc.",
            "postgres.",
            "error-tracking.",
            "dev");

    /** Sections that only packer's file has. */
    private static final List<String> SECTIONS = List.of("parquet.", "control-service.", "s3source.bucket-name");

    /** With less, a pack of a wide dataset fails. */
    private static final int LEAST_MEMORY_MB = 256;

    /** Whether a file with these keys is packer's, not the connector's. */
    static boolean is(Set<String> keys) {
        return keys.stream().anyMatch(key -> SECTIONS.stream().anyMatch(key::startsWith));
    }

    /** @param file its keys, with hyphens for underscores, and their values */
    static PackerFile of(Map<String, String> file) {
        PackerFile read = new PackerFile(new LinkedHashMap<>(), new TreeSet<>());
        file.forEach(read::take);
        read.decide(file);
        return read;
    }

    private void take(String key, String value) {
        if (WITHOUT.stream().anyMatch(one -> one.endsWith(".") ? key.startsWith(one) : key.equals(one))
                || hasNoMeaning(key, value)) {
            withoutEffect.add(key);
        } else if (!DECIDING.contains(key)) {
            // 0 is packer's word for its default.
            String given = value.equals("0") ? "" : value;
            settings.merge(RENAMED.getOrDefault(key, key), given, (one, other) -> one.isEmpty() ? other : one);
        }
    }

    private static boolean hasNoMeaning(String key, String value) {
        return switch (key) {
            case "parquet.memory-buffer-mb" -> value.matches("\\d{1,9}") && Integer.parseInt(value) <= LEAST_MEMORY_MB;
            case "parquet.compression" ->
                List.of("none", "uncompressed", "gzip", "lz4").contains(value);
            default -> false;
        };
    }

    private void decide(Map<String, String> file) {
        if (is(file, "control-service.enabled", "false")) {
            drop("control-service.");
        }
        if (!settings.getOrDefault("control.url", "").isEmpty()) {
            // As for packer: the control plane says where each dataset goes.
            drop("s3destination.");
            file.keySet().stream()
                    .filter(key -> key.startsWith("s3destination."))
                    .forEach(withoutEffect::add);
        }
        if (is(file, "s3source.use-iam-role", "true")) {
            dropKeys("s3source");
        }
        if (is(file, "s3destination.use-iam-role", "true")) {
            dropKeys("s3");
        }
        if (is(file, "uploadpool.cleanup-source-files", "false")) {
            settings.put("s3source.keep-source", "true");
        }
        if (is(file, "logging.encoding", "json")) {
            settings.put("logging.format", "json");
        }
    }

    private static boolean is(Map<String, String> file, String key, String value) {
        return file.getOrDefault(key, "").equals(value);
    }

    private void drop(String section) {
        RENAMED.forEach((key, setting) -> {
            if (key.startsWith(section)) {
                settings.remove(setting);
            }
        });
    }

    private void dropKeys(String area) {
        Stream.of(".access-key", ".secret-key").forEach(key -> settings.remove(area + key));
    }
}
