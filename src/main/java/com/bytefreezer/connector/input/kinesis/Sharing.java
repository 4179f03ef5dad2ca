package com.bytefreezer.connector.input.kinesis;

import com.bytefreezer.connector.cursor.PartClaims;
import com.bytefreezer.connector.cursor.PartClaims.Part;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.signs.Moment;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which shards of a stream this machine reads: all, or its share of them if machines share a store. What another machine has read
 * is known there, once it is on the disk of that one. For one thread.
 */
final class Sharing implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Sharing.class);

    private final String feed;
    private final @Nullable PartClaims claims;
    private final Map<String, Part> unrecorded = new HashMap<>();
    private String stream = "";
    private @Nullable Moment shared;
    private String told = "";

    Sharing(String feed, Optional<PartClaims> claims) {
        this.feed = feed;
        this.claims = claims.orElse(null);
    }

    /** One that reads all. */
    static Sharing none() {
        return new Sharing("", Optional.empty());
    }

    boolean isShared() {
        return claims != null;
    }

    /** The shards are others than before. */
    void changed() {
        shared = null;
    }

    /** When a stream is read from that has not been read, as the machines have agreed. */
    long begin(String stream, long millis) {
        return claims == null ? millis : claims.begin(stream, millis);
    }

    /**
     * Takes this machine's share, if that is due. Nothing that was read may wait to be stored.
     *
     * @return false if other machines know shards that are none of these
     */
    boolean share(String stream, Map<String, ShardProgress> shards) {
        Moment last = shared;
        if (claims == null || (last != null && last.past().compareTo(claims.due()) < 0)) {
            return true;
        }
        this.stream = stream;
        stored();
        PartClaims.Share share = claims.share(stream, shards.keySet());
        boolean knowsAll = true;
        for (Map.Entry<String, Part> each : share.parts().entrySet()) {
            ShardProgress shard = shards.get(each.getKey());
            if (shard != null) {
                become(shard, each.getValue());
            } else {
                knowsAll &= each.getValue().position().equals(PartClaims.END);
            }
        }
        stored();
        shared = Moment.now();
        tell(shards, share.machines());
        return knowsAll;
    }

    private void become(ShardProgress shard, Part part) {
        boolean wasMine = shard.isMine;
        shard.isMine = part.isMine();
        if (part.position().equals(PartClaims.END)) {
            shard.isDone = true;
        } else if (!part.isMine()) {
            shard.iterator = null;
            shard.isDone = false;
        } else if (!wasMine && shard.isDone) {
            unrecorded.put(shard.id, new Part(true, PartClaims.END, shard.arrived));
        } else if (!wasMine && isLater(part.position(), shard.last)) {
            shard.last = part.position();
            shard.arrived = part.arrived();
        }
    }

    private static boolean isLater(String position, @Nullable String other) {
        return !position.isEmpty() && (other == null || new BigInteger(position).compareTo(new BigInteger(other)) > 0);
    }

    private void tell(Map<String, ShardProgress> shards, long machines) {
        long open = shards.values().stream().filter(each -> !each.isDone).count();
        long mine = shards.values().stream()
                .filter(each -> each.isMine && !each.isDone)
                .count();
        String line = "feed %s: it reads %d of %d shards (machines: %d).".formatted(feed, mine, open, machines);
        if (!line.equals(told)) {
            told = line;
            LOG.info("{}", line);
        }
    }

    /** A shard is read so far; {@link #stored} must follow. */
    void read(ShardProgress shard, String position) {
        if (claims != null) {
            unrecorded.put(shard.id, new Part(true, position, Math.max(0, shard.arrived)));
        }
    }

    /** What was read is on disk, and the others may know it. */
    void stored() {
        if (claims != null && !unrecorded.isEmpty()) {
            if (!claims.record(stream, unrecorded)) {
                LOG.warn(
                        "feed {}: another machine has taken over shards, because this one gave no sign of life. Events of the last"
                                + " read may be stored twice. Check whether the machine stands still at times.",
                        feed);
                shared = null;
            }
            unrecorded.clear();
        }
    }

    /** Keeps the shards while nothing can be stored. */
    void hold() {
        Moment last = shared;
        if (claims != null && last != null && last.past().compareTo(claims.due()) >= 0) {
            if (!claims.renew(stream, unrecorded.keySet())) {
                throw new ConnectorException("another machine has taken over its shards.", null);
            }
            shared = Moment.now();
        }
    }

    /** Leaves the shards to the others. */
    @Override
    public void close() {
        if (claims == null) {
            return;
        }
        try (PartClaims open = claims) {
            if (!stream.isEmpty()) {
                open.release(stream);
            }
        } catch (ConnectorException e) {
            LOG.debug("feed {}: {}", feed, Failures.describe(e));
        }
    }
}
