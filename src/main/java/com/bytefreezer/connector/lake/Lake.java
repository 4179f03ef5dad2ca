package com.bytefreezer.connector.lake;

import com.bytefreezer.connector.ConnectorException;
import com.bytefreezer.connector.config.Settings;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The objects of one dataset. An instance belongs to one run and is closed with it.
 *
 * <p>Only {@code *.parquet} counts: packer leaves {@code .parquet.tmp} twins and {@code _metadata} files beside them
 * (CONTRACTS §0.3, §2.1).
 */
public interface Lake extends AutoCloseable {

    /**
     * The objects in the order of their names, which is roughly the order of their age. Pages are fetched as the
     * stream is read, so memory does not grow with the number of objects. Close the stream.
     *
     * @throws ConnectorException when the lake cannot be listed, at once or while reading
     */
    Stream<LakeObject> objects();

    /** The folders that hold the objects, as DuckDB names them, each with a trailing slash. */
    Set<String> folders();

    @Override
    void close();

    /** Whether the settings name a folder of this machine, so that no credentials are needed. */
    static boolean isLocal(Settings settings) {
        return settings.optional("lake.root").orElse("").startsWith("file:");
    }

    /**
     * The lake of one dataset, by {@code lake.root}, {@code lake.layout} and the bucket's credentials; of its objects
     * those from {@code query.from} to {@code query.to}.
     */
    static Lake of(Settings settings, String tenant, String dataset, @Nullable Credentials credentials) {
        if (Stream.of((tenant + "/" + dataset).split("/", -1)).anyMatch(part -> part.matches("\\.*"))) {
            throw new ConnectorException("%s/%s is no name of a dataset. Nothing was read.".formatted(tenant, dataset));
        }
        return RangeLake.of(
                whole(settings, tenant, dataset, credentials),
                settings.optional("query.from").map(Instant::parse),
                settings.optional("query.to").map(Instant::parse));
    }

    private static Lake whole(Settings settings, String tenant, String dataset, @Nullable Credentials credentials) {
        String folder = settings.text("lake.layout")
                .replace("{account}", settings.optional("control.account-id").orElse(""))
                .replace("{tenant}", tenant)
                .replace("{dataset}", dataset);
        String root = settings.optional("lake.root").orElse("");
        if (root.startsWith("file:")) {
            return new FolderLake(Path.of(root.substring("file:".length()).replaceFirst("^//", "")), folder);
        }
        if (credentials == null) {
            throw new ConnectorException(
                    "dataset %s/%s: no credentials for its bucket. Nothing was read.".formatted(tenant, dataset));
        }
        Set<String> prefixes = new LinkedHashSet<>();
        String bucket = credentials.bucket();
        if (root.startsWith("s3://")) {
            String[] parts = root.substring("s3://".length()).split("/", 2);
            bucket = parts[0];
            prefixes.add(join(parts.length > 1 ? parts[1] : "", folder));
        } else {
            prefixes.add(join("", folder));
        }
        if (credentials.path() != null) {
            prefixes.add(join("", credentials.path()));
        }
        return new BucketLake(credentials, bucket, prefixes);
    }

    private static String join(String prefix, String folder) {
        String joined = (prefix + "/" + folder).replaceAll("/+", "/").replaceAll("^/|/$", "");
        return joined + "/";
    }
}
