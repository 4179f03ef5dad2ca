package com.bytefreezer.connector.input.kinesis;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.model.Shard;

/** How far one shard is read. For one thread. */
final class ShardProgress {
    final String id;
    /** Shards that were split or merged into this one; what is in them comes first. */
    final List<String> parents;

    /** Of the last record that is read; null: none. */
    @Nullable
    String last;
    /** When that arrived, in milliseconds. */
    long arrived;

    /** Under which the spool knows the position; null: it does not. */
    @Nullable
    String known;

    /** Whether this machine reads it. */
    boolean isMine;

    /** Nothing is left in it, and nothing comes. */
    boolean isDone;

    @Nullable
    String iterator;
    /** Until the record of a former position was seen, or is known to be gone. */
    boolean isResuming;
    /** By the monotonic clock: before that the server would refuse a request. */
    long dueAt = System.nanoTime();
    /** Since when the server has refused, likewise; null: it does not. */
    @Nullable
    Long throttledSince;

    ShardProgress(Shard shard, boolean isMine) {
        this.isMine = isMine;
        id = shard.shardId();
        parents = Stream.of(shard.parentShardId(), shard.adjacentParentShardId())
                .filter(parent -> parent != null && !parent.isEmpty())
                .toList();
    }

    void dueIn(long millis) {
        dueAt = System.nanoTime() + millis * 1_000_000;
    }

    boolean isDue() {
        return dueAt - System.nanoTime() <= 0;
    }
}
