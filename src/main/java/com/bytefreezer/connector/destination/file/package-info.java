/** Files that roll, with a journal of what is complete. {@code routes/destinations/file.camel.yaml} uses it. */
@NullMarked
package com.bytefreezer.connector.destination.file;

import org.jspecify.annotations.NullMarked;
