package com.bytefreezer.connector.receive;

import java.util.List;
import java.util.Map;

/**
 * Events that a feed has read from sources which can be read again from a position, such as files.
 *
 * @param feed its name
 * @param positions of the sources after them, by the names of the sources; they are stored together with the events, so
 *     that nothing is stored again after a crash. {@link com.bytefreezer.connector.spool.Arrival#FORGOTTEN} ends one.
 */
public record Records(String feed, List<Piece> pieces, Map<String, Long> positions) implements Sent {}
