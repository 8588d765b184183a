process.env['EFFORT'] ??= 'whole';
