/** The API of feeds and packs: what they do, and new ones. {@code routes/api} calls it. */
@NullMarked
package com.bytefreezer.connector.api.feeds;

import org.jspecify.annotations.NullMarked;
