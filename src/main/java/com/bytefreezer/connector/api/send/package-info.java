/** What the API does on the way to a destination: describe, test, preview, export once, save as an export. */
@NullMarked
package com.bytefreezer.connector.api.send;

import org.jspecify.annotations.NullMarked;
