package com.bytefreezer.connector.lake;

import com.bytefreezer.connector.config.DatasetChoice;
import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.text.Names;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The objects of one dataset. An instance belongs to one run, which closes it.
 *
 * <p>Only {@code *.parquet} counts: packer leaves {@code .parquet.tmp} copies and {@code _metadata} files beside them
 * (docs/contracts.md, The lake). {@link #skipped} counts other files that look like data.
 */
public interface Lake extends AutoCloseable {

    /** All objects. */
    default Stream<LakeObject> objects() {
        return objects(Instant.MIN);
    }

    /**
     * The objects in the order of their names, which is roughly the order of their age. Partitions that ended before
     * {@code since} are left out and their folders are not listed. A folder without a time is listed; in a bucket, with
     * everything below it. The stream fetches pages of a bucket as it is read, so memory does not grow with the number
     * of objects. Close the stream.
     *
     * @throws ConnectorException if the lake cannot be listed, immediately or while the stream is read
     */
    Stream<LakeObject> objects(Instant since);

    /**
     * The newest partition, found by the names of folders alone; a bucket needs one request each for year, month, day
     * and hour. Empty folders and folders outside {@code query.from} and {@code query.to} count too. Empty if no folder
     * names a day.
     *
     * @throws ConnectorException if the lake cannot be listed
     */
    Optional<Period> newest();

    /** What the latest listing has left out so far. */
    Skipped skipped();

    /** What the listing could not read, each in a few words; the rest is listed. */
    List<String> unlisted();

    /**
     * Whether a listed object no longer exists. Asks the lake.
     *
     * @throws ConnectorException if the lake cannot be read
     */
    boolean isGone(LakeObject object);

    /**
     * The folders that may contain the objects, in DuckDB's form, each with a trailing slash. Once {@link #objects} has
     * found an object, only its folder.
     */
    Set<String> folders();

    /** The name of its server, for messages. */
    String place();

    /**
     * Requests one name, whatever the lake contains.
     *
     * @throws ConnectorException if the lake does not answer
     */
    void probe();

    @Override
    void close();

    /** Whether the settings name a local folder, which needs no credentials. */
    static boolean isLocal(Settings settings) {
        return settings.optional("lake.root").orElse("").startsWith("file:");
    }

    /**
     * The lake of one dataset, by {@code lake.root}, {@code lake.layout} and the bucket's credentials, limited to
     * {@code query.from} and {@code query.to}.
     */
    static Lake of(Settings settings, String tenant, String dataset, @Nullable Credentials credentials) {
        if (!Names.isOfDataset(tenant) || !Names.isOfDataset(dataset)) {
            throw new ConnectorException("dataset %s/%s: not valid names of a tenant and a dataset. Nothing was read."
                    .formatted(tenant, dataset));
        }
        return ChosenLake.ofRange(
                whole(settings, tenant, dataset, credentials),
                settings.optional("query.from").map(Instant::parse),
                settings.optional("query.to").map(Instant::parse));
    }

    /**
     * Creates the folder of a local lake, if it does not exist.
     *
     * @throws ConnectorException if it cannot
     */
    static void create(Settings settings) {
        String root = settings.optional("lake.root").orElse("");
        if (root.startsWith("file:")) {
            try {
                Files.createDirectories(folderIn(root));
            } catch (IOException e) {
                throw new ConnectorException(
                        "lake.root: the folder %s cannot be created (%s)."
                                .formatted(folderIn(root), Failures.describe(e)),
                        Problem.NOT_STARTED,
                        "Check lake.root.",
                        e);
            }
        }
    }

    /** Where new objects of a dataset go: the folder that {@link #of} reads, by the same settings. */
    static Shelf shelf(Settings settings, String tenant, String dataset, @Nullable Credentials credentials) {
        String folder = Layout.of(settings).folder(tenant, dataset);
        String root = settings.optional("lake.root").orElse("");
        if (root.startsWith("file:")) {
            return new FolderShelf(folderIn(root).resolve(folder));
        }
        if (credentials == null) {
            throw new ConnectorException("dataset %s/%s: no credentials for its bucket.".formatted(tenant, dataset));
        }
        return new BucketShelf(
                credentials,
                Network.of(settings, credentials),
                bucketOf(root, credentials),
                join(root.startsWith("s3://") ? prefixIn(root) : "", folder),
                timeout(settings));
    }

    private static Lake whole(Settings settings, String tenant, String dataset, @Nullable Credentials credentials) {
        String folder = Layout.of(settings).folder(tenant, dataset);
        String root = settings.optional("lake.root").orElse("");
        if (root.startsWith("file:")) {
            return new FolderLake(folderIn(root), folder);
        }
        if (credentials == null) {
            throw new ConnectorException(
                    "dataset %s/%s: no credentials for its bucket. Nothing was read.".formatted(tenant, dataset));
        }
        Set<String> prefixes = new LinkedHashSet<>();
        prefixes.add(join(root.startsWith("s3://") ? prefixIn(root) : "", folder));
        if (credentials.path() != null) {
            prefixes.add(join("", credentials.path()));
        }
        return new BucketLake(
                credentials,
                Network.of(settings, credentials),
                bucketOf(root, credentials),
                prefixes,
                timeout(settings));
    }

    /**
     * The result of a look at the folders.
     *
     * @param lookedAt the folder of a dataset, with placeholders
     * @param unknown why the datasets of a tenant could not be listed, by tenant
     */
    record Found(List<DatasetName> datasets, String lookedAt, Map<String, String> unknown) {}

    /**
     * The datasets of a lake without a control plane, by {@code lake.root} and {@code lake.layout}.
     *
     * @param choice which datasets matter; the search ignores others
     * @throws ConnectorException if the lake cannot be listed
     */
    static Found datasets(Settings settings, @Nullable Credentials credentials, Optional<DatasetChoice> choice) {
        Layout layout = Layout.of(settings);
        String root = settings.optional("lake.root").orElse("");
        if (root.startsWith("file:")) {
            FolderLake lake = new FolderLake(folderIn(root), "");
            return layout.find(lake, choice, lake.folders().iterator().next() + layout);
        }
        if (credentials == null) {
            throw new ConnectorException("lake: no credentials for its bucket. Nothing was read.");
        }
        try (BucketLake lake = new BucketLake(
                credentials,
                Network.of(settings, credentials),
                bucketOf(root, credentials),
                Set.of(root.startsWith("s3://") ? prefixIn(root) : ""),
                timeout(settings))) {
            return layout.find(lake, choice, lake.folders().iterator().next() + layout);
        }
    }

    private static Duration timeout(Settings settings) {
        return Duration.ofSeconds(settings.integer("s3.timeout-seconds"));
    }

    /** The folder of a dataset if the settings name the bucket, not the control plane. */
    static Optional<String> folderInBucketOf(Settings settings, DatasetName name) {
        String root = settings.optional("lake.root").orElse("");
        String folder = Layout.of(settings).folder(name.tenant(), name.dataset());
        return settings.optional("s3.bucket")
                .map(bucket -> root.startsWith("s3://")
                        ? "s3://" + root.substring("s3://".length()).split("/", 2)[0] + "/"
                                + join(prefixIn(root), folder)
                        : "s3://" + bucket + "/" + join("", folder));
    }

    /**
     * Whether {@code path} is a folder of this dataset: both names are folders in it, the tenant's above the dataset's,
     * and it leads nowhere else.
     */
    static boolean isOf(String path, String tenant, String dataset) {
        List<String> folders = List.of(path.split("/"));
        int above = folders.indexOf(tenant);
        return above >= 0
                && folders.subList(above + 1, folders.size()).contains(dataset)
                && folders.stream().allMatch(folder -> folder.isEmpty() || Names.isOfDataset(folder));
    }

    private static Path folderIn(String root) {
        return Path.of(root.substring("file:".length()).replaceFirst("^//", ""));
    }

    private static String bucketOf(String root, Credentials credentials) {
        return root.startsWith("s3://") ? root.substring("s3://".length()).split("/", 2)[0] : credentials.bucket();
    }

    private static String prefixIn(String root) {
        String[] parts = root.substring("s3://".length()).split("/", 2);
        return parts.length > 1 && !parts[1].isEmpty() ? join(parts[1], "") : "";
    }

    private static String join(String prefix, String folder) {
        String joined = (prefix + "/" + folder).replaceAll("/+", "/").replaceAll("^/|/$", "");
        return joined + "/";
    }
}
