package com.bytefreezer.connector.lake;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * A lake in a bucket. Like packer, it uses path style with an endpoint and virtual-host style on AWS
 * (docs/contracts.md, The lake).
 */
final class BucketLake implements Lake, Layout.Folders {
    private final Credentials credentials;
    private final Network network;
    private final String bucket;
    private volatile Set<String> prefixes;
    private final S3Answers answers;
    private final Duration timeout;
    private final S3Client client;
    private volatile Skipped skipped = new Skipped();
    /** What {@link #newest} has seen, by folder, until {@link #objects} uses it: a person waits for each request. */
    private final Map<String, ListObjectsV2Response> seen = new ConcurrentHashMap<>();

    /**
     * A lake below one of {@code prefixes}.
     *
     * @param prefixes the first one with an object is the dataset's
     * @param timeout for a connection, then for the whole answer
     */
    BucketLake(Credentials credentials, Network network, String bucket, Set<String> prefixes, Duration timeout) {
        this.credentials = credentials;
        this.network = network;
        this.bucket = bucket;
        this.prefixes = prefixes;
        this.timeout = timeout;
        answers = new S3Answers(
                bucket,
                credentials.endpoint() == null
                        ? "AWS " + credentials.region()
                        : credentials.endpoint().toString());
        client = S3Clients.take(credentials, network, timeout);
    }

    @Override
    public Stream<LakeObject> objects(Instant since) {
        // Fails with a clear message if there are none.
        AwsKeys.resolve(credentials);
        if (prefixes.size() == 1) {
            String only = prefixes.iterator().next();
            return stream(list(only, new Pages(only, since)));
        }
        for (String prefix : prefixes) {
            Iterator<LakeObject> all = list(prefix, new Pages(prefix, Instant.MIN));
            if (all.hasNext()) {
                prefixes = Set.of(prefix);
                return stream(since.equals(Instant.MIN) ? all : list(prefix, new Pages(prefix, since)));
            }
        }
        return Stream.empty();
    }

    @Override
    public Skipped skipped() {
        return skipped;
    }

    /** A bucket is listed completely or not at all. */
    @Override
    public List<String> unlisted() {
        return List.of();
    }

    @Override
    public boolean isGone(LakeObject object) {
        String key = object.whole().url().substring(("s3://" + bucket + "/").length());
        return answers
                .of(() -> client.listObjectsV2(
                        request -> request.bucket(bucket).prefix(key).maxKeys(1)))
                .contents()
                .stream()
                .noneMatch(found -> key.equals(found.key()));
    }

    @Override
    public Set<String> folders() {
        return Set.copyOf(
                prefixes.stream().map(prefix -> "s3://" + bucket + "/" + prefix).toList());
    }

    @Override
    public Optional<Period> newest() {
        AwsKeys.resolve(credentials);
        return prefixes.stream()
                // A day has fewer than a thousand hours; objects among the folders must not cost more requests.
                .map(prefix -> Period.newest(path -> {
                    BucketPages pages = new BucketPages(client, answers, prefix + path, "/");
                    ListObjectsV2Response first = pages.next();
                    if (!pages.hasNext()) {
                        seen.put(prefix + path, first);
                    }
                    return folders(prefix + path, first.commonPrefixes().stream());
                }))
                .flatMap(Optional::stream)
                .findFirst();
    }

    @Override
    public List<String> below(String path) {
        String prefix = prefixes.iterator().next() + path;
        return folders(
                prefix,
                stream(new BucketPages(client, answers, prefix, "/")).flatMap(page -> page.commonPrefixes().stream()));
    }

    /** The names of folders, without their parents. */
    private static List<String> folders(String prefix, Stream<CommonPrefix> found) {
        return found.map(folder -> folder.prefix()
                        .substring(prefix.length(), folder.prefix().length() - 1))
                .toList();
    }

    @Override
    public boolean exists(String path) {
        String prefix = prefixes.iterator().next() + path;
        return answers.of(() -> client.listObjectsV2(
                        request -> request.bucket(bucket).prefix(prefix).maxKeys(1))
                .hasContents());
    }

    @Override
    public String place() {
        return answers.place();
    }

    @Override
    public void probe() {
        exists("");
    }

    @Override
    public void close() {
        S3Clients.giveBack(credentials, network, timeout);
    }

    /** The pages of a listing, each requested when needed; folder by folder if some are not wanted. */
    private final class Pages implements Iterator<ListObjectsV2Response> {
        private final String prefix;
        private final Instant since;
        /** Folders to list, by their path below the prefix. */
        private final TreeSet<String> folders = new TreeSet<>(Set.of(""));

        private Iterator<ListObjectsV2Response> pages = Collections.emptyIterator();

        Pages(String prefix, Instant since) {
            this.prefix = prefix;
            this.since = since;
        }

        @Override
        public boolean hasNext() {
            while (!pages.hasNext() && !folders.isEmpty()) {
                String folder = folders.pollFirst();
                pages = pages(folder);
            }
            return pages.hasNext();
        }

        @Override
        public ListObjectsV2Response next() {
            ListObjectsV2Response page = pages.next();
            page.commonPrefixes().stream()
                    .map(found -> found.prefix().substring(prefix.length()))
                    .filter(folder -> Period.mayReach(since, folder))
                    .forEach(folders::add);
            return page;
        }

        private Iterator<ListObjectsV2Response> pages(String folder) {
            if (!isPartlyWanted(folder)) {
                return new BucketPages(client, answers, prefix + folder, null);
            }
            ListObjectsV2Response known = seen.remove(prefix + folder);
            return known == null
                    ? new BucketPages(client, answers, prefix + folder, "/")
                    : List.of(known).iterator();
        }

        private boolean isPartlyWanted(String folder) {
            return folder.isEmpty()
                    ? since.isAfter(Instant.MIN)
                    : Period.of(folder)
                            .filter(period -> period.from().isBefore(since))
                            .isPresent();
        }
    }

    private Iterator<LakeObject> list(String prefix, Pages pages) {
        Skipped left = new Skipped();
        skipped = left;
        return stream(pages)
                .flatMap(page -> page.contents().stream())
                .filter(object -> object.key().startsWith(prefix)
                        && left.takes(object.key().substring(prefix.length()), () -> hasMagic(object)))
                .map(object -> new LakeObject(
                        "s3://" + bucket + "/" + object.key(),
                        object.key().substring(prefix.length()),
                        object.size(),
                        object.lastModified(),
                        object.eTag(),
                        null))
                .iterator();
    }

    private boolean hasMagic(S3Object object) {
        if (object.size() < Skipped.MAGIC.length()) {
            return false;
        }
        try {
            return client.getObjectAsBytes(request ->
                            request.bucket(bucket).key(object.key()).range("bytes=0-" + (Skipped.MAGIC.length() - 1)))
                    .asString(StandardCharsets.ISO_8859_1)
                    .equals(Skipped.MAGIC);
        } catch (SdkException nobodyKnows) {
            return false;
        }
    }

    private static <T> Stream<T> stream(Iterator<T> iterator) {
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(iterator, Spliterator.ORDERED), false);
    }
}
