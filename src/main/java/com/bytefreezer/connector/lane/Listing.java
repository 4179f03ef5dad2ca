package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.text.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One pass over the objects of a dataset. It can look ahead, and keeps a summary of the objects it has seen. */
final class Listing implements Iterator<LakeObject>, AutoCloseable {
    private final Stream<LakeObject> stream;
    private final Iterator<LakeObject> objects;
    private final Supplier<List<String>> unlisted;
    private final Deque<LakeObject> ahead = new ArrayDeque<>();
    private final MessageDigest digest = Sha256.digest();
    private final MessageDigest formerDigest = Sha256.digest();
    private Instant newest = Instant.EPOCH;
    private long count;
    private @Nullable String fingerprint;
    private boolean broken;

    Listing(Stream<LakeObject> stream) {
        this(stream, List::of);
    }

    /** @param unlisted the folders and files that the lake could not look into */
    Listing(Stream<LakeObject> stream, Supplier<List<String>> unlisted) {
        this.stream = stream;
        this.unlisted = unlisted;
        this.objects = stream.iterator();
    }

    @Override
    public boolean hasNext() {
        return !ahead.isEmpty() || hasUnread();
    }

    @Override
    public LakeObject next() {
        LakeObject buffered = ahead.poll();
        return buffered != null ? buffered : read();
    }

    /** The next objects, at most {@code count}, which {@link #next} will still give. */
    List<LakeObject> peek(int count) {
        while (ahead.size() < count && hasUnread()) {
            ahead.add(read());
        }
        return ahead.stream().limit(count).toList();
    }

    /** All that are left. */
    List<LakeObject> rest() {
        List<LakeObject> rest = new ArrayList<>();
        forEachRemaining(rest::add);
        return rest;
    }

    /** The latest LastModified of the objects seen. */
    Instant newest() {
        return newest;
    }

    /** How many objects have been seen. */
    long count() {
        return count;
    }

    /** Whether every object has been seen, and the lake could look into every folder. */
    boolean isComplete() {
        return !hasUnread() && unlisted.get().isEmpty();
    }

    /** The folders and files that could not be looked into. */
    List<String> unlisted() {
        return unlisted.get();
    }

    /** Whether the lake has failed while it was listed. */
    boolean isBroken() {
        return broken;
    }

    /** The objects that {@link #peek} has seen and {@link #next} has not returned. */
    List<LakeObject> ahead() {
        return List.copyOf(ahead);
    }

    /** Identifies the objects of a complete listing. */
    String fingerprint() {
        if (fingerprint == null) {
            fingerprint = HexFormat.of().formatHex(digest.digest(), 0, 16);
        }
        return fingerprint;
    }

    /**
     * Whether a complete listing showed the same objects.
     *
     * @param listing its {@link #fingerprint}, also one from before listings had ETags
     */
    boolean isSameAs(@Nullable String listing) {
        return fingerprint().equals(listing)
                || HexFormat.of().formatHex(formerDigest.digest(), 0, 16).equals(listing);
    }

    @Override
    public void close() {
        stream.close();
    }

    private boolean hasUnread() {
        broken = true;
        boolean more = objects.hasNext();
        broken = false;
        return more;
    }

    private LakeObject read() {
        LakeObject object = objects.next();
        count++;
        digest.update((object.identity() + "\n").getBytes(StandardCharsets.UTF_8));
        formerDigest.update(object.formerIdentity().getBytes(StandardCharsets.UTF_8));
        if (object.lastModified().isAfter(newest)) {
            newest = object.lastModified();
        }
        return object;
    }
}
