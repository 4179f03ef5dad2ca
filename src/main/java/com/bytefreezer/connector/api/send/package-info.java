/** The API for destinations: describe, test, preview, export once, save as an export. */
@NullMarked
package com.bytefreezer.connector.api.send;

import org.jspecify.annotations.NullMarked;
