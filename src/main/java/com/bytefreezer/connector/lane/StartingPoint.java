package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.cursor.Lanes;
import com.bytefreezer.connector.cursor.Position;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where the cursor of a lane stands when a run begins. For one thread at a time. */
final class StartingPoint {
    private static final Logger LOG = LoggerFactory.getLogger(StartingPoint.class);

    /** The clocks of replicas and of the lake may differ by this much. */
    private static final Duration CLOCKS_DIFFER = Duration.ofMinutes(5);

    private final Exports exports;
    private final ExportDefinition definition;

    StartingPoint(Exports exports, ExportDefinition definition) {
        this.exports = exports;
        this.definition = definition;
    }

    /** Whether a run must list the whole dataset, because none has done so yet; also after a reset of the cursor. */
    boolean isBeforeFirstListing() {
        return !cursor().hasListed(cursor().position(lane()));
    }

    /** The position, which is never later than now. */
    Position position() {
        Position position = begun();
        Instant now = Instant.now();
        if (!position.isAhead(now.plus(CLOCKS_DIFFER))) {
            return position;
        }
        LOG.warn(
                "{}: the cursor stands at {}, which is in the future: a clock was ahead, or cursor.start is in the future. The connector sets it to now. It knows by name what is delivered, and does not repeat it.",
                exports.subject(definition),
                position.watermark());
        return cursor().notAfter(lane(), now);
    }

    /** The position; at the very first run, the one that {@code cursor.start} says. */
    private Position begun() {
        String start = exports.settings().text("cursor.start");
        if (cursor().knows(lane()) || start.equals("earliest")) {
            return cursor().position(lane());
        }
        return cursor().begin(lane(), start.equals("latest") ? Position.AFTER_FIRST_LISTING : Instant.parse(start));
    }

    private Lanes cursor() {
        return exports.cursor().lanes();
    }

    private Lane lane() {
        return definition.lane();
    }
}
