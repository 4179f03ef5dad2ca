package com.bytefreezer.connector.api.feeds;

import com.bytefreezer.connector.pack.PackHistory;
import com.bytefreezer.connector.spool.DatasetState;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import org.jspecify.annotations.Nullable;

/**
 * A dataset that feeds fill.
 *
 * @param added columns, by all packs but the first
 * @param widened columns
 * @param lastPack that has made an object; null if none is known
 * @param problem why the last pack has failed; null if it has not
 */
public record FilledDataset(
        @JsonUnwrapped DatasetState state,
        @JsonProperty("columns_added") long added,
        @JsonProperty("columns_widened") long widened,

        @JsonProperty("last_pack") @JsonInclude(JsonInclude.Include.NON_NULL)
        PackHistory.@Nullable Pack lastPack,

        @JsonProperty("pack_problem") @Nullable String problem) {
    static FilledDataset of(DatasetState state, PackHistory packs) {
        return new FilledDataset(
                state,
                packs.columnsAdded(),
                packs.columnsWidened(),
                packs.last().orElse(null),
                packs.failing().map(PackHistory.Pack::message).orElse(null));
    }
}
