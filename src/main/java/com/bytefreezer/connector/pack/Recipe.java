package com.bytefreezer.connector.pack;

import com.bytefreezer.connector.query.LookupTables;
import com.bytefreezer.connector.query.PackQuery;
import java.util.Optional;

/**
 * What a pack makes of events.
 *
 * @param compression of the object; empty for that of all packs
 */
public record Recipe(PackQuery query, LookupTables lookups, Optional<String> compression) {}
